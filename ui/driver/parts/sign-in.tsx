import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, post } from "#shared/api/client";
import { type Me, useEnter } from "#shared/api/me";
import { askPasskey, passkeysWork } from "#shared/api/passkey";
import { language, useT } from "#shared/i18n";
import { Button, ProblemBox, TextField } from "#shared/parts";
import { Mailbox } from "./mailbox";

interface Methods {
  passkey: boolean;
  oidc: { id: string; name: string }[];
  mail_link: boolean;
  mailbox: boolean;
}

export const methodsQuery = {
  queryKey: ["auth", "methods"],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Methods>("/auth/methods", {}, signal),
  staleTime: 5 * 60_000,
};

/** Signs a driver in where they stand: by a code from a mail, or by a passkey. `onIn` is called once they are in. */
export function SignIn({ onIn }: { onIn: (me: Me) => void }) {
  const t = useT();
  const enter = useEnter();
  const methods = useQuery(methodsQuery).data;
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const [sent, setSent] = useState(false);
  const done = (me: Me) => {
    enter(me);
    onIn(me);
  };
  const mail = useMutation({
    mutationFn: () => post("/auth/driver/link", { email: email.trim(), language: language().slice(0, 2) }),
    onSuccess: () => setSent(true),
  });
  const byCode = useMutation({
    mutationFn: () => post<Me>("/auth/driver/enter", { email: email.trim(), code: code.replace(/\D/g, "") }),
    onSuccess: done,
  });
  const byKey = useMutation({ mutationFn: askPasskey, onSuccess: (me) => me && done(me) });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (sent) byCode.mutate();
    else mail.mutate();
  };
  return (
    <div className="grid gap-3">
      <form className="grid gap-3" onSubmit={submit}>
        {!sent ? (
          <>
            <TextField
              label={t("signin.email")}
              help={t("signin.emailHelp")}
              type="email"
              autoComplete="email webauthn"
              inputMode="email"
              required
              value={email}
              onChange={setEmail}
            />
            {mail.error && <ProblemBox error={mail.error} />}
            <Button type="submit" kind="primary" busy={mail.isPending} disabled={!/.@./.test(email)} className="tall">
              {t("signin.send")}
            </Button>
          </>
        ) : (
          <>
            <p>{t("signin.sent", { email: email.trim() })}</p>
            {methods?.mailbox && <Mailbox to={email} />}
            <TextField
              label={t("signin.code")}
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={9}
              required
              mono
              value={code}
              onChange={setCode}
            />
            {byCode.error && <ProblemBox error={byCode.error} />}
            <Button
              type="submit"
              kind="primary"
              busy={byCode.isPending}
              disabled={code.replace(/\D/g, "").length !== 6}
              className="tall"
            >
              {t("signin.enter")}
            </Button>
            <Button
              kind="plain"
              onClick={() => {
                setSent(false);
                setCode("");
                byCode.reset();
              }}
            >
              {t("signin.other")}
            </Button>
          </>
        )}
      </form>
      {methods?.passkey && passkeysWork() && (
        <>
          {byKey.error && <ProblemBox error={byKey.error} />}
          <Button busy={byKey.isPending} className="tall" onClick={() => byKey.mutate()}>
            {t("signin.passkey")}
          </Button>
        </>
      )}
      <p className="t2 text-sm">{t("signin.kept")}</p>
    </div>
  );
}
