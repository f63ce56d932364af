import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, get, post } from "#shared/api/client";
import { type Me, useEnter, useMe } from "#shared/api/me";
import { askPasskey, passkeysWork } from "#shared/api/passkey";
import { useT } from "#shared/i18n";
import { A, useFilters, useGo } from "#shared/nav";
import { Button, ButtonLink, Note, ProblemBox, TextField } from "#shared/parts";
import { Gate } from "../frame";
import { within } from "./sign/within";

interface Methods {
  passkey: boolean;
  oidc: { id: string; name: string }[];
  mail_link: boolean;
  mailbox: boolean;
}

export default function SignIn() {
  const t = useT();
  const f = useFilters(["to", "problem"]);
  const to = within(f.value.to);
  const me = useMe();
  const go = useGo();
  const enter = useEnter();
  const { data: methods } = useQuery({
    queryKey: ["auth", "methods"],
    queryFn: ({ signal }) => get<Methods>("/auth/methods", {}, signal),
  });
  const [failed, setFailed] = useState<unknown>(null);
  const done = (who: Me) => {
    enter(who);
    if (who.kind === "driver") location.assign("/app");
    else go(to, true);
  };
  const byPasskey = async () => {
    setFailed(null);
    try {
      const who = await askPasskey();
      if (who) done(who);
    } catch (e) {
      setFailed(e);
    }
  };
  if (me.kind === "staff") {
    return (
      <Gate title={t("page.sign-in")}>
        <p>{t("sign.already", { name: me.name })}</p>
        <ButtonLink kind="primary" href={to}>
          {t("sign.goOn")}
        </ButtonLink>
      </Gate>
    );
  }
  return (
    <Gate title={t("page.sign-in")}>
      {f.value.problem && <ProblemBox error={new Error(t("sign.provider", { why: f.value.problem }))} />}
      <PasswordForm onEnter={done} />
      {failed !== null && <ProblemBox error={failed} />}
      {(methods?.oidc.length || (methods?.passkey && passkeysWork())) && (
        <div className="grid gap-2 border-t border-line pt-3">
          {methods.passkey && passkeysWork() && <Button onClick={byPasskey}>{t("sign.passkey")}</Button>}
          {methods.oidc.map((p) => (
            <a
              key={p.id}
              className="btn"
              href={`/api/v1/auth/oidc/${encodeURIComponent(p.id)}/start?to=${encodeURIComponent(to)}`}
            >
              {t("sign.by", { name: p.name })}
            </a>
          ))}
        </div>
      )}
      <p className="flex justify-between t2 text-sm">
        <A className="lk" href="/reset">
          {t("sign.forgot")}
        </A>
        <a className="lk" href="/app">
          {t("sign.driver")}
        </a>
      </p>
    </Gate>
  );
}

function PasswordForm({ onEnter }: { onEnter: (me: Me) => void }) {
  const t = useT();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [second, setSecond] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setFailed(null);
    try {
      onEnter(await post<Me>("/auth/password", { email, password, ...(second ? { code } : {}) }));
    } catch (x) {
      if (x instanceof ApiProblem && x.code === "totp_required") setSecond(true);
      else setFailed(x);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="grid gap-3" onSubmit={send}>
      <TextField
        label={t("sign.email")}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={setEmail}
        autoFocus
      />
      <TextField
        label={t("sign.password")}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      {second && (
        <>
          <Note>{t("sign.second")}</Note>
          <TextField
            label={t("sign.code")}
            help={t("sign.codeHelp")}
            autoComplete="one-time-code"
            required
            mono
            value={code}
            onChange={setCode}
            autoFocus
          />
        </>
      )}
      {failed !== null && <ProblemBox error={failed} />}
      <Button kind="primary" type="submit" busy={busy}>
        {t("sign.deed")}
      </Button>
    </form>
  );
}
