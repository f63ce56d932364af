import { type FormEvent, useState } from "react";
import { post } from "#shared/api/client";
import { type Me, useEnter } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, Empty, ProblemBox, TextField } from "#shared/parts";
import { Gate } from "../frame";
import { NewPassword } from "./sign/password";
import { fragment } from "./sign/within";

export default function Invitation() {
  const t = useT();
  const go = useGo();
  const enter = useEnter();
  const [token] = useState(fragment);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [failed, setFailed] = useState<unknown>(null);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    try {
      enter(await post<Me>("/auth/invitation", { token, name, password }));
      go("/", true);
    } catch (x) {
      setFailed(x);
    }
  };
  if (!token) {
    return (
      <Gate title={t("page.invitation")}>
        <Empty why={t("sign.noInvitation")} />
      </Gate>
    );
  }
  return (
    <Gate title={t("page.invitation")}>
      <form className="grid gap-3" onSubmit={send}>
        <p className="t2">{t("sign.invited")}</p>
        <TextField label={t("sign.name")} autoComplete="name" required value={name} onChange={setName} />
        <NewPassword value={password} onChange={setPassword} />
        {failed !== null && <ProblemBox error={failed} />}
        <Button kind="primary" type="submit">
          {t("sign.accept")}
        </Button>
      </form>
    </Gate>
  );
}
