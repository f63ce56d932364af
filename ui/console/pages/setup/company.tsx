import { type FormEvent, useMemo, useState } from "react";
import { ApiProblem, post } from "#shared/api/client";
import { type Me, useEnter } from "#shared/api/me";
import { ownZone } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Button, ProblemBox, Select, TextField } from "#shared/parts";
import { NewPassword } from "../sign/password";
import { countries, currencyOf, likelyCountry } from "./places";

/** Who sells charging here, and the first owner's account. */
export function Company({ token }: { token: string }) {
  const t = useT();
  const enter = useEnter();
  const [country, setCountry] = useState(() => likelyCountry(navigator.languages));
  const [currency, setCurrency] = useState(() => currencyOf(likelyCountry(navigator.languages)));
  const [v, set] = useState({ company: "", time_zone: ownZone(), name: "", email: "", password: "" });
  const change = (k: keyof typeof v) => (value: string) => set((old) => ({ ...old, [k]: value }));
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const at = (field: string) => (failed instanceof ApiProblem ? failed.at(field) : "");
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone").map((z) => ({ value: z, label: z })), []);
  const all = useMemo(() => countries(language()), []);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setFailed(null);
    try {
      enter(await post<Me>("/auth/setup", { token, ...v, country, currency, language: language() }));
    } catch (x) {
      setFailed(x);
      setBusy(false);
    }
  };
  return (
    <form className="grid gap-3" onSubmit={send}>
      <p className="t2">{t("setup.companyHelp")}</p>
      <TextField
        label={t("setup.name")}
        autoComplete="organization"
        required
        value={v.company}
        onChange={change("company")}
        error={at("company")}
        autoFocus
      />
      <Select
        label={t("setup.country")}
        value={country}
        onChange={(c) => {
          setCountry(c);
          setCurrency(currencyOf(c));
        }}
        options={all}
      />
      <TextField
        label={t("setup.currency")}
        help={t("setup.currencyHelp")}
        required
        pattern="[A-Za-z]{3}"
        mono
        value={currency}
        onChange={(c) => setCurrency(c.toUpperCase())}
        error={at("currency")}
      />
      <Select label={t("setup.zone")} value={v.time_zone} onChange={change("time_zone")} options={zones} />
      <TextField
        label={t("sign.name")}
        autoComplete="name"
        required
        value={v.name}
        onChange={change("name")}
        error={at("name")}
      />
      <TextField
        label={t("sign.email")}
        type="email"
        autoComplete="username"
        required
        value={v.email}
        onChange={change("email")}
        error={at("email")}
      />
      <NewPassword value={v.password} onChange={change("password")} error={at("password")} />
      {failed !== null && <ProblemBox error={failed} />}
      <Button kind="primary" type="submit" busy={busy}>
        {t("setup.make")}
      </Button>
    </form>
  );
}
