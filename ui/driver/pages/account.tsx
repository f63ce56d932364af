import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, del, get, type Page as List, post, prefix, put, seg } from "#shared/api/client";
import { meQuery, nobody } from "#shared/api/me";
import { addPasskey, type Passkey, passkeysWork } from "#shared/api/passkey";
import { ago, day } from "#shared/format";
import { language, languageName, languages, speak, useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import {
  Button,
  ButtonLink,
  ConfirmByConsequence,
  Icon,
  Loaded,
  Mark,
  ProblemBox,
  Select,
  TextField,
  useNow,
} from "#shared/parts";
import { setTheme, type Theme, useTheme } from "#shared/theme";
import { keepWay } from "../back";
import { configQuery, type Profile, profileQuery, useDriver, useOpenSession } from "../data";
import { Page } from "../frame";
import { useInstall } from "../install";
import { Company } from "../parts/company";
import { Owed } from "../parts/owed";
import { methodsQuery } from "../parts/sign-in";

export default function AccountPage() {
  const t = useT();
  const go = useGo();
  const { driver, known, staff } = useDriver();
  const config = useQuery(configQuery).data;
  const install = useInstall();
  return (
    <Page title={t("page.account")} over={config?.brand.name}>
      {known && !driver && (
        <section className="grid gap-2">
          <p>{staff ? t("account.staff") : t("account.nobody")}</p>
          <Button
            kind="primary"
            className="tall"
            onClick={() => {
              keepWay("/account");
              go("/sign-in");
            }}
          >
            {t("page.sign-in")}
          </Button>
        </section>
      )}
      <Owed />
      {driver && (
        <section className="nopad">
          <ul className="links">
            <To href="/wallet" words={t("page.wallet")} />
            <To href="/methods" words={t("page.methods")} />
            <To href="/payments" words={t("page.payments")} />
            <To href="/receipts" words={t("page.receipts")} />
            <To href="/vehicles" words={t("page.vehicles")} />
            <To href="/tokens" words={t("page.tokens")} />
            <To href="/report" words={t("account.reports")} />
          </ul>
        </section>
      )}
      {driver && <ProfileForm />}
      {driver && <Company />}
      <Device own={config?.languages ?? []} />
      {install && (
        <section className="grid gap-2">
          <h2>{t("account.install")}</h2>
          <p className="t2 text-sm">{t("account.installWhy")}</p>
          <Button className="tall" onClick={() => void install()}>
            {t("account.installDo")}
          </Button>
        </section>
      )}
      {driver && <Passkeys />}
      {driver && <SignedIn />}
      {driver && <Data />}
      <section className="nopad">
        <ul className="links">
          <To href="/privacy" words={t("page.privacy")} />
        </ul>
      </section>
      <p className="t2 flex items-center gap-1.5 p-4 text-sm">
        <Mark size={14} />
        {t("shell.made")}
      </p>
    </Page>
  );
}

function To({ href, words }: { href: string; words: string }) {
  return (
    <li>
      <A href={href}>
        <span className="flex-1">{words}</span>
        <Icon name="right" />
      </A>
    </li>
  );
}

function ProfileForm() {
  const q = useQuery(profileQuery);
  return <section>{<Loaded of={q}>{(p) => <Form key={p.id} p={p} />}</Loaded>}</section>;
}

function Form({ p }: { p: Profile }) {
  const t = useT();
  const cache = useQueryClient();
  const [name, setName] = useState(p.name);
  const [phone, setPhone] = useState(p.phone);
  const save = useMutation({
    mutationFn: () => put<Profile>("/me", { name: name.trim(), phone: phone.trim(), language: language().slice(0, 2) }),
    onSuccess: (now) => {
      cache.setQueryData(profileQuery.queryKey, now);
      void cache.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  const problem = save.error instanceof ApiProblem ? save.error : null;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  const same = name.trim() === p.name && phone.trim() === p.phone;
  return (
    <form onSubmit={submit} className="grid gap-3">
      <h2>{t("account.profile")}</h2>
      <p className="t2 text-sm">{t("account.email", { email: p.email })}</p>
      <TextField
        label={t("account.name")}
        autoComplete="name"
        maxLength={200}
        value={name}
        onChange={setName}
        error={problem?.at("name")}
      />
      <TextField
        label={t("account.phone")}
        help={t("account.phoneHelp")}
        type="tel"
        autoComplete="tel"
        maxLength={40}
        value={phone}
        onChange={setPhone}
        error={problem?.at("phone")}
      />
      {save.error && <ProblemBox error={save.error} />}
      <Button type="submit" className="tall" busy={save.isPending} disabled={same}>
        {save.isSuccess && same ? t("account.saved") : t("account.save")}
      </Button>
    </form>
  );
}

/** What is chosen for this device: language and light. Signed in, the language is also that of mails. */
function Device({ own }: { own: readonly string[] }) {
  const t = useT();
  const { driver } = useDriver();
  const { theme } = useTheme();
  const cache = useQueryClient();
  const shown = languages().filter((l) => own.length === 0 || own.includes(l));
  const choose = async (l: string) => {
    await speak(l);
    const p = cache.getQueryData<Profile>(profileQuery.queryKey);
    if (driver && p) await put("/me", { name: p.name, phone: p.phone, language: l.slice(0, 2) }).catch(() => {}); // the choice holds here; mails keep the old one
  };
  return (
    <section className="grid gap-3">
      <h2>{t("account.device")}</h2>
      <Select
        label={t("account.language")}
        value={language()}
        onChange={(l) => void choose(l)}
        options={shown.map((l) => ({ value: l, label: languageName(l) }))}
      />
      <Select
        label={t("account.theme")}
        value={theme}
        onChange={(v) => setTheme(v as Theme)}
        options={(["system", "light", "dark"] as const).map((v) => ({ value: v, label: t(`account.themes.${v}`) }))}
      />
    </section>
  );
}

const passkeysQuery = {
  queryKey: ["auth", "passkeys"],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<List<Passkey>>("/auth/passkeys", {}, signal),
};

function Passkeys() {
  const t = useT();
  const cache = useQueryClient();
  const allowed = useQuery(methodsQuery).data?.passkey ?? false;
  const q = useQuery(passkeysQuery);
  const [dropping, setDropping] = useState<Passkey | null>(null);
  const renew = () => {
    void cache.invalidateQueries({ queryKey: meQuery.queryKey });
    return cache.invalidateQueries({ queryKey: passkeysQuery.queryKey });
  };
  const add = useMutation({ mutationFn: () => addPasskey(deviceName()), onSuccess: renew });
  const keys = q.data?.items ?? [];
  if (!allowed && keys.length === 0) return null;
  return (
    <section className="grid gap-2">
      <h2>{t("account.passkeys")}</h2>
      <p className="t2 text-sm">{t("account.passkeysWhy")}</p>
      <ul>
        {keys.map((k) => (
          <li key={k.id} className="row2 flush">
            <span className="min-w-0 flex-1">
              <b className="block cut">{k.name || t("account.passkey")}</b>
              <span className="t2 text-sm">{t("account.since", { date: day(k.created_at) })}</span>
            </span>
            <Button kind="danger" onClick={() => setDropping(k)}>
              {t("account.remove")}
            </Button>
          </li>
        ))}
      </ul>
      {add.error && <ProblemBox error={add.error} />}
      {allowed && passkeysWork() && (
        <Button className="tall" busy={add.isPending} onClick={() => add.mutate()}>
          {t("account.addPasskey")}
        </Button>
      )}
      <ConfirmByConsequence
        title={t("account.removePasskey")}
        open={dropping !== null}
        onClose={() => setDropping(null)}
        consequence={t("account.removePasskeyWhat")}
        deed={t("account.remove")}
        act={async () => {
          await del(`/auth/passkeys/${seg(dropping?.id ?? "")}`);
          await renew();
        }}
      />
    </section>
  );
}

/** A name for a passkey made here: the browser's platform. */
function deviceName(): string {
  const m = /Android|iPhone|iPad|Macintosh|Windows|Linux|CrOS/.exec(navigator.userAgent)?.[0];
  return m === "Macintosh" ? "Mac" : (m ?? "");
}

interface Visit {
  id: string;
  current: boolean;
  created_at: string;
  last_seen_at: string;
  user_agent: string;
  remote: string;
}

const visitsQuery = {
  queryKey: ["auth", "sessions"],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<List<Visit>>("/auth/sessions", {}, signal),
};

/** Forgets what this browser keeps of a driver: read answers and the offline history. */
function useLeave() {
  const cache = useQueryClient();
  const go = useGo();
  return async () => {
    cache.setQueryData(meQuery.queryKey, nobody);
    cache.removeQueries({ queryKey: ["me"] });
    if ("caches" in globalThis) await caches.delete("history").catch(() => false);
    go("/", true);
  };
}

function SignedIn() {
  const t = useT();
  const now = useNow(30_000);
  const leave = useLeave();
  const q = useQuery(visitsQuery);
  const [everywhere, setEverywhere] = useState(false);
  const visits = q.data?.items ?? [];
  const out = useMutation({ mutationFn: () => post("/auth/sign-out"), onSuccess: leave });
  return (
    <section className="grid gap-2">
      <h2>{t("account.signedIn")}</h2>
      <ul className="grid gap-1">
        {visits.map((v) => (
          <li key={v.id} className="text-sm">
            <b>{v.current ? t("account.here") : browser(v.user_agent)}</b>
            <span className="t2">
              {" "}
              {v.current ? browser(v.user_agent) : ""} {t("account.seen", { age: ago(v.last_seen_at, now) })}
            </span>
          </li>
        ))}
      </ul>
      {out.error && <ProblemBox error={out.error} />}
      <div className="twos">
        <Button className="tall" busy={out.isPending} onClick={() => out.mutate()}>
          {t("account.signOut")}
        </Button>
        <Button className="tall" kind="danger" onClick={() => setEverywhere(true)}>
          {t("account.everywhere")}
        </Button>
      </div>
      <ConfirmByConsequence
        title={t("account.everywhere")}
        open={everywhere}
        onClose={() => setEverywhere(false)}
        consequence={t("account.everywhereWhat", { count: Math.max(1, visits.length) })}
        deed={t("account.everywhere")}
        act={async () => {
          const { items } = await get<List<Visit>>("/auth/sessions");
          for (const v of items) if (!v.current) await del(`/auth/sessions/${seg(v.id)}`);
          await post("/auth/sign-out");
          await leave();
        }}
      />
    </section>
  );
}

/** "Firefox, Android" of a user agent; the text itself when nothing is known of it. */
function browser(agent: string): string {
  const name = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent)?.[1];
  const os = /Android|iPhone|iPad|Mac OS|Windows|Linux/.exec(agent)?.[0];
  return (
    [name === "Edg" ? "Edge" : name === "OPR" ? "Opera" : name, os].filter(Boolean).join(", ") || agent.slice(0, 40)
  );
}

function Data() {
  const t = useT();
  const open = useOpenSession();
  const leave = useLeave();
  const [deleting, setDeleting] = useState(false);
  return (
    <section className="grid gap-2">
      <h2>{t("account.data")}</h2>
      <p className="t2 text-sm">{t("account.dataWhy")}</p>
      <ButtonLink href={`${prefix}/me/export`} download="my-charging-data.json">
        {t("account.export")}
      </ButtonLink>
      {open && <p className="t2 text-sm">{t("account.deleteLater")}</p>}
      <Button kind="danger" className="tall" disabled={open !== null} onClick={() => setDeleting(true)}>
        {t("account.delete")}
      </Button>
      <ConfirmByConsequence
        title={t("account.delete")}
        open={deleting}
        onClose={() => setDeleting(false)}
        consequence={t("account.deleteWhat")}
        deed={t("account.delete")}
        type={t("account.deleteWord")}
        act={async () => {
          await del("/me");
          await leave();
        }}
      />
    </section>
  );
}
