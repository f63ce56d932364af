import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { del, post, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, ConfirmByConsequence, Empty, Loaded, ProblemBox } from "#shared/parts";
import { useDriver } from "../data";
import { Page } from "../frame";
import type { SavedMethod } from "../logic/pay";
import { savedQuery, useAddMethod, useMoneyChanged, walletQuery, worded } from "../money";
import { useMethodName } from "../parts/method";
import { NeedSignIn } from "../parts/need";

/** What sessions are paid with that the wallet does not pay. */
export default function MethodsPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  const q = useQuery({ ...savedQuery, enabled: driver || !known });
  const offered = useQuery({ ...walletQuery, enabled: driver || !known }).data?.offered;
  const changed = useMoneyChanged();
  const name = useMethodName();
  const add = useAddMethod();
  const prefer = useMutation({
    mutationFn: (m: SavedMethod) => post(`/me/methods/${seg(m.id)}/default`),
    onSettled: changed,
  });
  const [dropping, setDropping] = useState<SavedMethod | null>(null);
  return (
    <Page
      title={t("page.methods")}
      back={() => go("/wallet")}
      dock={
        driver &&
        offered && (
          <>
            {add.problem ? <ProblemBox error={add.problem} /> : null}
            <Button go icon="plus" busy={add.isPending} onClick={() => add.mutate()}>
              {t("pay.addMethod")}
            </Button>
          </>
        )
      }
    >
      {known && !driver ? (
        <NeedSignIn why={t("pay.signIn")} />
      ) : (
        <Loaded of={q}>
          {({ items }) => (
            <>
              {prefer.error && <ProblemBox error={prefer.error} />}
              {items.length === 0 ? (
                <Empty why={t("pay.noMethods")}>
                  <p>{offered === false ? t("pay.notOffered") : t("pay.noMethodsHow")}</p>
                </Empty>
              ) : (
                <ul>
                  {items.map((m) => (
                    <li key={m.id} className="row2 wrap">
                      <span className="min-w-0 flex-1">
                        <b className="block">{name(m)}</b>
                        <span className="t2 block text-sm">
                          {[
                            m.default && t("pay.default"),
                            m.expires_on && t("pay.until", { month: month(m.expires_on) }),
                          ]
                            .filter(Boolean)
                            .join(", ")}
                        </span>
                      </span>
                      <span className="flex gap-2">
                        {!m.default && (
                          <Button
                            busy={prefer.isPending && prefer.variables.id === m.id}
                            onClick={() => prefer.mutate(m)}
                          >
                            {t("pay.prefer")}
                          </Button>
                        )}
                        <Button kind="danger" onClick={() => setDropping(m)}>
                          {t("pay.remove")}
                        </Button>
                      </span>
                    </li>
                  ))}
                </ul>
              )}
              <section>
                <p className="t2 text-sm">{t("pay.methodsHow")}</p>
              </section>
            </>
          )}
        </Loaded>
      )}
      <ConfirmByConsequence
        title={t("pay.removeTitle", { method: dropping ? name(dropping) : "" })}
        open={dropping !== null}
        onClose={() => setDropping(null)}
        consequence={t("pay.removeWhat")}
        deed={t("pay.remove")}
        act={async () => {
          try {
            await del(`/me/methods/${seg(dropping?.id ?? "")}`);
          } catch (e) {
            throw worded(e, { 409: t("pay.removeOwed") });
          }
          changed();
        }}
      />
    </Page>
  );
}

/** "03/2027" of "2027-03". */
const month = (s: string) => s.split("-").reverse().join("/");
