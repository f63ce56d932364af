import { type FormEvent, useState } from "react";
import { ApiProblem, post } from "#shared/api/client";
import { type Me, useEnter } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import { Button, ProblemBox, TextField } from "#shared/parts";
import { Gate } from "../frame";
import { NewPassword } from "./sign/password";
import { fragment } from "./sign/within";

/** Without a token: asks for the mail. With the mail's token: takes the new password. */
export default function Reset() {
  const t = useT();
  const [token] = useState(fragment);
  return (
    <Gate title={t("page.reset")}>
      {token ? <Change token={token} /> : <Ask />}
      <A className="lk text-sm" href="/sign-in">
        {t("sign.back")}
      </A>
    </Gate>
  );
}

function Ask() {
  const t = useT();
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    try {
      await post("/auth/password/forgot", { email });
      setSent(true);
    } catch (x) {
      setFailed(x);
    }
  };
  if (sent) return <p role="status">{t("sign.sent", { email })}</p>;
  return (
    <form className="grid gap-3" onSubmit={send}>
      <p className="t2">{t("sign.forgotHelp")}</p>
      <TextField
        label={t("sign.email")}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={setEmail}
      />
      {failed !== null && <ProblemBox error={failed} />}
      <Button kind="primary" type="submit">
        {t("sign.sendMail")}
      </Button>
    </form>
  );
}

function Change({ token }: { token: string }) {
  const t = useT();
  const go = useGo();
  const enter = useEnter();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [second, setSecond] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    try {
      enter(await post<Me>("/auth/password/reset", { token, password, ...(second ? { code } : {}) }));
      go("/", true);
    } catch (x) {
      if (x instanceof ApiProblem && x.code === "totp_required") setSecond(true);
      else setFailed(x);
    }
  };
  return (
    <form className="grid gap-3" onSubmit={send}>
      <NewPassword value={password} onChange={setPassword} />
      {second && (
        <TextField
          label={t("sign.code")}
          help={t("sign.codeHelp")}
          autoComplete="one-time-code"
          required
          mono
          value={code}
          onChange={setCode}
        />
      )}
      {failed !== null && <ProblemBox error={failed} />}
      <Button kind="primary" type="submit">
        {t("sign.change")}
      </Button>
    </form>
  );
}
