import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, del, get, type Page, post, put, seg } from "#shared/api/client";
import { type Me, meQuery, useMe } from "#shared/api/me";
import { addPasskey, type Passkey, passkeysWork } from "#shared/api/passkey";
import { moment } from "#shared/format";
import { language, languageName, languages, speak, useT } from "#shared/i18n";
import {
  Ago,
  Button,
  ConfirmByConsequence,
  Empty,
  Loaded,
  Plate,
  Plates,
  ProblemBox,
  Radios,
  Select,
  TextField,
} from "#shared/parts";
import { setTheme, type Theme, useTheme } from "#shared/theme";
import { SecondFactor } from "./account/second-factor";
import { NewPassword } from "./sign/password";

interface SignInRow {
  id: string;
  current: boolean;
  created_at: string;
  last_seen_at: string;
  user_agent: string;
  remote: string;
}

export default function Account() {
  const t = useT();
  const me = useMe();
  return (
    <Plates className="grid-cols-1 md:grid-cols-2">
      <Plate className="col-span-full">
        <h1>{t("page.account")}</h1>
        <p className="t2">{t("account.who", { name: me.name, email: me.email, role: t(`role.${me.role}`) })}</p>
      </Plate>
      <Profile me={me} />
      <Password has={(me as Me & { has_password?: boolean }).has_password !== false} />
      <SecondFactor on={me.totp} />
      <Passkeys />
      <SignIns />
    </Plates>
  );
}

function Profile({ me }: { me: Me }) {
  const t = useT();
  const cache = useQueryClient();
  const { theme } = useTheme();
  const [name, setName] = useState(me.name);
  const [lang, setLang] = useState(language());
  const [failed, setFailed] = useState<unknown>(null);
  const [saved, setSaved] = useState(false);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    setSaved(false);
    try {
      cache.setQueryData(meQuery.queryKey, await put<Me>("/auth/profile", { name, language: lang }));
      await speak(lang);
      setSaved(true);
    } catch (x) {
      setFailed(x);
    }
  };
  return (
    <Plate title={t("account.profile")}>
      <form className="grid gap-3" onSubmit={send}>
        <TextField label={t("account.name")} autoComplete="name" required value={name} onChange={setName} />
        <Select
          label={t("account.language")}
          value={lang}
          onChange={setLang}
          options={languages().map((l) => ({ value: l, label: languageName(l) }))}
        />
        <Radios
          label={t("account.theme")}
          value={theme}
          onChange={(v) => setTheme(v as Theme)}
          options={(["system", "light", "dark"] as const).map((v) => ({ value: v, label: t(`account.themes.${v}`) }))}
        />
        {failed !== null && <ProblemBox error={failed} />}
        <p className="flex items-center gap-3">
          <Button type="submit">{t("account.save")}</Button>
          <span role="status">{saved && t("account.saved")}</span>
        </p>
      </form>
    </Plate>
  );
}

function Password({ has }: { has: boolean }) {
  const t = useT();
  const cache = useQueryClient();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [failed, setFailed] = useState<unknown>(null);
  const [saved, setSaved] = useState(false);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    setSaved(false);
    try {
      await post("/auth/password/change", { old, new: next });
      setOld("");
      setNext("");
      setSaved(true);
      void cache.invalidateQueries({ queryKey: ["auth"] });
    } catch (x) {
      setFailed(x);
    }
  };
  return (
    <Plate title={t("account.password")}>
      <form className="grid gap-3" onSubmit={send}>
        {has && (
          <TextField
            label={t("account.oldPassword")}
            type="password"
            autoComplete="current-password"
            required
            value={old}
            onChange={setOld}
          />
        )}
        <NewPassword value={next} onChange={setNext} error={failed instanceof ApiProblem ? failed.at("new") : ""} />
        {failed !== null && <ProblemBox error={failed} />}
        <p className="flex items-center gap-3">
          <Button type="submit">{t("account.changePassword")}</Button>
          <span role="status">{saved && t("account.passwordChanged")}</span>
        </p>
      </form>
    </Plate>
  );
}

function Passkeys() {
  const t = useT();
  const cache = useQueryClient();
  const keys = useQuery({
    queryKey: ["auth", "passkeys"],
    queryFn: ({ signal }) => get<Page<Passkey>>("/auth/passkeys", {}, signal),
  });
  const [name, setName] = useState("");
  const [failed, setFailed] = useState<unknown>(null);
  const [leaving, setLeaving] = useState<Passkey | null>(null);
  const renew = () => cache.invalidateQueries({ queryKey: ["auth"] });
  const add = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    try {
      if (await addPasskey(name)) setName("");
      await renew();
    } catch (x) {
      setFailed(x);
    }
  };
  return (
    <Plate title={t("account.passkeys")}>
      <p className="t2 mb-2">{t("account.passkeysHelp")}</p>
      <Loaded of={keys}>
        {(d) => (
          <ul className="grid gap-1 mb-3">
            {d.items.map((k) => (
              <li key={k.id} className="flex items-center gap-3">
                <b className="cut">{k.name}</b>
                <span className="t3 text-sm grow">
                  {k.last_used_at ? t("account.used", { at: moment(k.last_used_at) }) : t("account.unused")}
                </span>
                <Button small kind="danger" onClick={() => setLeaving(k)}>
                  {t("account.removePasskey", { name: k.name })}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {passkeysWork() ? (
        <form className="grid gap-3" onSubmit={add}>
          <TextField
            label={t("account.passkeyName")}
            help={t("account.passkeyNameHelp")}
            required
            maxLength={100}
            value={name}
            onChange={setName}
          />
          <p>
            <Button type="submit">{t("account.addPasskey")}</Button>
          </p>
        </form>
      ) : (
        <p className="t3">{t("account.noPasskeys")}</p>
      )}
      {failed !== null && <ProblemBox error={failed} />}
      <ConfirmByConsequence
        title={t("account.removePasskey", { name: leaving?.name ?? "" })}
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        consequence={t("account.removePasskeyThen")}
        deed={t("account.removePasskey", { name: leaving?.name ?? "" })}
        act={async () => {
          await del(`/auth/passkeys/${seg(leaving?.id ?? "")}`);
          await renew();
        }}
      />
    </Plate>
  );
}

function SignIns() {
  const t = useT();
  const cache = useQueryClient();
  const rows = useQuery({
    queryKey: ["auth", "sessions"],
    queryFn: ({ signal }) => get<Page<SignInRow>>("/auth/sessions", {}, signal),
  });
  const [failed, setFailed] = useState<unknown>(null);
  const end = async (id: string) => {
    setFailed(null);
    try {
      await del(`/auth/sessions/${seg(id)}`);
      await cache.invalidateQueries({ queryKey: ["auth"] });
    } catch (x) {
      setFailed(x);
    }
  };
  return (
    <Plate title={t("account.signIns")} className="col-span-full min-w-0">
      <Loaded of={rows}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("account.noSignIns")} />
          ) : (
            <ul className="grid gap-2">
              {d.items.map((r) => (
                <li key={r.id} className="flex items-center gap-3">
                  <span className="grow min-w-0">
                    <span className="cut block">{r.user_agent || t("account.unknownAgent")}</span>
                    <span className="t3 text-sm">
                      {r.remote} · <Ago at={r.last_seen_at} />
                    </span>
                  </span>
                  {r.current ? (
                    <span className="t2">{t("account.thisOne")}</span>
                  ) : (
                    <Button small onClick={() => end(r.id)}>
                      {t("account.endSignIn")}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {failed !== null && <ProblemBox error={failed} />}
    </Plate>
  );
}
