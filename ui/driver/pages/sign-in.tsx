import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiProblem, post } from "#shared/api/client";
import { type Me, useEnter, useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { A, useGo, useLocation } from "#shared/nav";
import { Button, Note, ProblemBox } from "#shared/parts";
import { takeWay } from "../back";
import { useDriver } from "../data";
import { Page } from "../frame";
import { SignIn } from "../parts/sign-in";

/** Signing in, also by the link of a mail: its token stands in the fragment, which no server log sees. */
export default function SignInPage() {
  const t = useT();
  const go = useGo();
  const me = useMe();
  const { driver, staff } = useDriver();
  const { hash } = useLocation();
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  const enter = useEnter();
  const link = useMutation({
    mutationFn: (x: string) => post<Me>("/auth/driver/enter", { token: x }),
    onSuccess: (who) => {
      enter(who);
      go(takeWay(), true);
    },
  });
  const { mutate } = link;
  useEffect(() => {
    if (token) mutate(token);
  }, [token, mutate]);
  const used = link.error instanceof ApiProblem && link.error.status > 0 && link.error.status < 500;
  return (
    <Page title={t("page.sign-in")} back={() => go("/")}>
      <section className="grid gap-3">
        {link.isPending && <p aria-live="polite">{t("signin.entering")}</p>}
        {link.error &&
          (used ? (
            <Note>{t("signin.linkUsed")}</Note>
          ) : (
            <ProblemBox error={link.error} retry={() => token && mutate(token)} />
          ))}
        {driver && !link.isPending ? (
          <>
            <p>{t("signin.already", { email: me.email })}</p>
            <Button kind="primary" className="tall" onClick={() => go(takeWay(), true)}>
              {t("signin.goOn")}
            </Button>
          </>
        ) : (
          !link.isPending && (
            <>
              {staff && <Note>{t("signin.staff", { name: me.name || me.email })}</Note>}
              <p>{t("signin.why")}</p>
              <SignIn onIn={() => go(takeWay(), true)} />
            </>
          )
        )}
        <p className="t2 text-sm">
          <A className="lk" href="/privacy">
            {t("page.privacy")}
          </A>
        </p>
      </section>
    </Page>
  );
}
