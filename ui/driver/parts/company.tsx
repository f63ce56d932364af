import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, get, put } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Button, Check, Loaded, ProblemBox, TextField } from "#shared/parts";

interface Buyer {
  kind: string;
  company?: string;
  address?: string;
  country?: string;
  vat_id?: string;
  vat_state: string;
}

const buyerQuery = {
  queryKey: ["me", "buyer"],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Buyer>("/me/buyer", {}, signal),
};

/** For whom one buys: oneself, or a company that stands on the receipts. */
export function Company() {
  const q = useQuery(buyerQuery);
  return <section>{<Loaded of={q}>{(b) => <Form key={JSON.stringify(b)} b={b} />}</Loaded>}</section>;
}

function Form({ b }: { b: Buyer }) {
  const t = useT();
  const cache = useQueryClient();
  const [on, setOn] = useState(b.kind !== "consumer");
  const [v, set] = useState({
    company: b.company ?? "",
    address: b.address ?? "",
    country: b.country ?? "",
    vat_id: b.vat_id ?? "",
  });
  const save = useMutation({
    mutationFn: () =>
      put<Buyer>(
        "/me/buyer",
        on ? { kind: "business", ...v, country: v.country.trim().toUpperCase() } : { kind: "consumer" },
      ),
    onSuccess: (now) => cache.setQueryData(buyerQuery.queryKey, now),
  });
  const problem = save.error instanceof ApiProblem ? save.error : null;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-3">
      <h2>{t("company.title")}</h2>
      <Check label={t("company.on")} help={t("company.why")} checked={on} onChange={setOn} />
      {on && (
        <>
          <TextField
            label={t("company.company")}
            required
            autoComplete="organization"
            maxLength={300}
            value={v.company}
            onChange={(company) => set({ ...v, company })}
            error={problem?.at("company")}
          />
          <TextField
            label={t("company.address")}
            required
            autoComplete="street-address"
            maxLength={300}
            value={v.address}
            onChange={(address) => set({ ...v, address })}
            error={problem?.at("address")}
          />
          <TextField
            label={t("company.country")}
            help={t("company.countryHelp")}
            required
            autoComplete="country"
            maxLength={2}
            value={v.country}
            onChange={(country) => set({ ...v, country })}
            error={problem?.at("country")}
          />
          <TextField
            label={t("company.vat")}
            help={t(`company.states.${b.vat_state}`)}
            mono
            maxLength={30}
            value={v.vat_id}
            onChange={(vat_id) => set({ ...v, vat_id })}
            error={problem?.at("vat_id")}
          />
        </>
      )}
      {save.error && <ProblemBox error={save.error} />}
      {(on || b.kind !== "consumer") && (
        <Button type="submit" className="tall" busy={save.isPending}>
          {t("company.save")}
        </Button>
      )}
    </form>
  );
}
