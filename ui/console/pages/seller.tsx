import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, get, getTagged, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Loaded, Note, Pair, Pairs, Plate, Plates, ProblemBox, TextArea, TextField } from "#shared/parts";
import { useDeed } from "./admin/form";
import { countryName, type Entity } from "./taxes/types";

/** What a legal entity says of itself on its documents. */
interface Seller {
  id: string;
  name: string;
  country: string;
  currency: string;
  time_zone: string;
  street: string;
  postal_code: string;
  city: string;
  email: string;
  phone: string;
  register: string;
  tax_number: string;
  iban: string;
  bic: string;
  notes: string;
}
type Member = Exclude<keyof Seller, "id" | "country" | "currency">;

/** What the sellers say of themselves on receipts, invoices and statements. */
export default function SellerPage() {
  const t = useT();
  const q = useQuery({
    queryKey: ["/entities"],
    queryFn: ({ signal }) => get<Page<Entity>>("/entities", { limit: 200 }, signal),
  });
  return (
    <Plates className="grid-cols-1">
      <Plate>
        <h1>{t("page.seller")}</h1>
        <p className="t2">
          {t("money.seller.about")}{" "}
          <A className="lk" href="/taxes">
            {t("money.seller.taxes")}
          </A>
        </p>
      </Plate>
      <Loaded of={q}>{(d) => d.items.map((e) => <One key={e.id} of={e} />)}</Loaded>
    </Plates>
  );
}

function One({ of: e }: { of: Entity }) {
  const t = useT();
  const me = useMe();
  // Read once: what is saved replaces what was there when the page was opened, or nothing.
  const q = useQuery({
    queryKey: ["/entities", e.id, "seller"],
    queryFn: ({ signal }) => getTagged<Seller>(`/entities/${seg(e.id)}`, signal),
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  return (
    <Plate
      title={e.name}
      note={t("money.seller.fixed", { country: countryName(e.country), currency: e.currency })}
      className="max-w-none"
    >
      <Loaded of={q}>
        {(d) => (me.may("money") ? <Form key={d.tag} from={d.of} tag={d.tag} /> : <Said of={d.of} />)}
      </Loaded>
    </Plate>
  );
}

const members: readonly Member[] = [
  ...(["name", "street", "postal_code", "city", "email", "phone"] as const),
  ...(["register", "tax_number", "iban", "bic", "time_zone", "notes"] as const),
];

function Said({ of }: { of: Seller }) {
  const t = useT();
  return (
    <div className="max-w-xl">
      <Pairs>
        {members.map((k) => (
          <Pair key={k} name={t(`money.seller.${k}`)}>
            {of[k] || "–"}
          </Pair>
        ))}
      </Pairs>
    </div>
  );
}

function Form({ from, tag }: { from: Seller; tag: string }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState(from);
  const [mark, setMark] = useState(tag);
  const [saved, setSaved] = useState(false);
  const path = `/entities/${seg(from.id)}`;
  const meanwhile = deed.failed instanceof ApiProblem && deed.failed.status === 412;
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setSaved(false);
    const { id: _, country: __, currency: ___, ...body } = v;
    const done = await deed.run(async () => {
      await put<Seller>(path, body, {}, { "If-Match": mark });
      const now = await getTagged<Seller>(path);
      set(now.of);
      setMark(now.tag);
      await cache.invalidateQueries({ queryKey: ["/entities"], exact: true });
    });
    setSaved(done);
  };
  const field = (k: Member, more: { help?: string; mono?: boolean; type?: string; required?: boolean } = {}) => (
    <TextField
      label={t(`money.seller.${k}`)}
      value={v[k]}
      onChange={(x) => {
        setSaved(false);
        set({ ...v, [k]: x });
      }}
      error={deed.at(k)}
      {...more}
    />
  );
  return (
    <form className="grid gap-4 max-w-3xl" onSubmit={save}>
      <fieldset className="grid gap-3 sm:grid-cols-2">
        <legend className="font-semi mb-2">{t("money.seller.who")}</legend>
        {field("name", { required: true })}
        {field("street")}
        {field("postal_code")}
        {field("city")}
        {field("email", { type: "email", help: t("money.seller.emailHelp") })}
        {field("phone", { type: "tel" })}
      </fieldset>
      <fieldset className="grid gap-3 sm:grid-cols-2">
        <legend className="font-semi mb-2">{t("money.seller.numbers")}</legend>
        {field("register", { help: t("money.seller.registerHelp") })}
        {field("tax_number", { help: t("money.seller.taxHelp") })}
        {field("iban", { mono: true, help: t("money.seller.ibanHelp") })}
        {field("bic", { mono: true })}
      </fieldset>
      <fieldset className="grid gap-3">
        <legend className="font-semi mb-2">{t("money.seller.paper")}</legend>
        <div className="grid gap-3 sm:grid-cols-2">
          {field("time_zone", { required: true, help: t("money.seller.zoneHelp") })}
        </div>
        <TextArea
          label={t("money.seller.notes")}
          help={t("money.seller.notesHelp")}
          maxLength={500}
          value={v.notes}
          onChange={(notes) => {
            setSaved(false);
            set({ ...v, notes });
          }}
          error={deed.at("notes")}
        />
      </fieldset>
      {meanwhile ? (
        <Note>
          <p>{t("money.rules.meanwhile")}</p>
          <p className="mt-2">
            <Button small onClick={() => void cache.invalidateQueries({ queryKey: ["/entities", from.id, "seller"] })}>
              {t("money.rules.readAgain")}
            </Button>
          </p>
        </Note>
      ) : (
        deed.failed !== null && <ProblemBox error={deed.failed} />
      )}
      <p className="flex items-center gap-3">
        <Button kind="primary" type="submit" busy={deed.busy}>
          {t("money.seller.save")}
        </Button>
        <span role="status">{saved && t("money.seller.saved")}</span>
      </p>
    </form>
  );
}
