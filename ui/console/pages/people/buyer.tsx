import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, post, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import {
  Button,
  Dialog,
  Loaded,
  Pair,
  Pairs,
  Plate,
  ProblemBox,
  Radios,
  Select,
  TextArea,
  TextField,
} from "#shared/parts";
import { useDeed } from "../admin/form";

interface Bought {
  kind: string;
  company?: string;
  address?: string;
  country?: string;
  vat_id?: string;
  vat_state: string;
  validated_at: string | null;
  validated_by: string;
  evidence: string;
}

/** For whom a driver buys, and what came of the VAT id. */
export function Buyer({ id }: { id: string }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const path = `/drivers/${seg(id)}/buyer`;
  const q = useQuery({ queryKey: [path], queryFn: ({ signal }) => get<Bought>(path, {}, signal) });
  const [open, setOpen] = useState<"edit" | "validate" | null>(null);
  const done = (b: Bought) => {
    cache.setQueryData([path], b);
    setOpen(null);
  };
  return (
    <Plate
      title={t("buyer.title")}
      actions={
        <>
          {me.may("money") && q.data?.vat_id && (
            <Button onClick={() => setOpen("validate")}>{t("buyer.validate")}</Button>
          )}
          {me.may("drivers") && <Button onClick={() => setOpen("edit")}>{t("drivers.edit")}</Button>}
        </>
      }
    >
      <Loaded of={q}>
        {(b) => (
          <>
            <Pairs>
              <Pair name={t("buyer.kind")}>{t(`taxes.buys.${b.kind}`)}</Pair>
              {b.kind !== "consumer" && (
                <>
                  <Pair name={t("buyer.company")}>{b.company}</Pair>
                  <Pair name={t("buyer.address")}>
                    {b.address}, {b.country}
                  </Pair>
                  <Pair name={t("buyer.vat")}>
                    <span className="mono">{b.vat_id || "–"}</span>
                  </Pair>
                  <Pair name={t("buyer.state")}>
                    <span className={b.vat_state === "valid" ? "" : "tw"}>{t(`buyer.states.${b.vat_state}`)}</span>
                    {b.validated_at && <span className="t2 block text-sm">{moment(b.validated_at)}</span>}
                  </Pair>
                  {b.evidence && <Pair name={t("buyer.evidence")}>{b.evidence}</Pair>}
                </>
              )}
            </Pairs>
            {open === "edit" && <Edit b={b} path={path} onClose={() => setOpen(null)} onDone={done} />}
            {open === "validate" && <Validate path={path} onClose={() => setOpen(null)} onDone={done} />}
          </>
        )}
      </Loaded>
    </Plate>
  );
}

interface Form {
  path: string;
  onClose: () => void;
  onDone: (b: Bought) => void;
}

function Edit({ b, path, onClose, onDone }: Form & { b: Bought }) {
  const t = useT();
  const deed = useDeed();
  const [v, set] = useState({
    kind: b.kind,
    company: b.company ?? "",
    address: b.address ?? "",
    country: b.country ?? "",
    vat_id: b.vat_id ?? "",
  });
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(async () =>
      onDone(
        await put<Bought>(
          path,
          v.kind === "consumer" ? { kind: v.kind } : { ...v, country: v.country.trim().toUpperCase() },
        ),
      ),
    );
  };
  return (
    <Dialog title={t("buyer.title")} open onClose={onClose}>
      <form className="grid gap-3" onSubmit={send}>
        <Select
          label={t("buyer.kind")}
          value={v.kind}
          onChange={(kind) => set({ ...v, kind })}
          options={["consumer", "business", "dealer"].map((k) => ({ value: k, label: t(`taxes.buys.${k}`) }))}
          error={deed.at("kind")}
        />
        {v.kind !== "consumer" && (
          <>
            <TextField
              label={t("buyer.company")}
              required
              value={v.company}
              onChange={(company) => set({ ...v, company })}
              error={deed.at("company")}
            />
            <TextField
              label={t("buyer.address")}
              required
              value={v.address}
              onChange={(address) => set({ ...v, address })}
              error={deed.at("address")}
            />
            <TextField
              label={t("taxes.country")}
              required
              maxLength={2}
              value={v.country}
              onChange={(country) => set({ ...v, country })}
              error={deed.at("country")}
            />
            <TextField
              label={t("buyer.vat")}
              help={t("buyer.vatHelp")}
              mono
              value={v.vat_id}
              onChange={(vat_id) => set({ ...v, vat_id })}
              error={deed.at("vat_id")}
            />
          </>
        )}
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p>
          <Button kind="primary" type="submit" busy={deed.busy}>
            {t("drivers.save")}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

function Validate({ path, onClose, onDone }: Form) {
  const t = useT();
  const deed = useDeed();
  const [v, set] = useState({ state: "valid", evidence: "" });
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(async () => onDone(await post<Bought>(`${path}/validate`, v)));
  };
  return (
    <Dialog title={t("buyer.validate")} open onClose={onClose}>
      <form className="grid gap-3" onSubmit={send}>
        <p className="t2">{t("buyer.validateWhat")}</p>
        <Radios
          label={t("buyer.found")}
          value={v.state}
          onChange={(state) => set({ ...v, state })}
          options={["valid", "invalid"].map((k) => ({ value: k, label: t(`buyer.states.${k}`) }))}
        />
        <TextArea
          label={t("buyer.evidence")}
          help={t("buyer.evidenceHelp")}
          required
          maxLength={1000}
          value={v.evidence}
          onChange={(evidence) => set({ ...v, evidence })}
          error={deed.at("evidence")}
        />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p>
          <Button kind="primary" type="submit" busy={deed.busy}>
            {t("buyer.record")}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
