import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, getTagged, put } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { money } from "#shared/format";
import { useT } from "#shared/i18n";
import {
  Button,
  Loaded,
  Note,
  NumberField,
  Pair,
  Pairs,
  Plate,
  Plates,
  ProblemBox,
  Radios,
  TextField,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { BrakeLimits } from "./money/brake-limits";
import { useCurrency } from "./money/data";
import { amount, exponentOf, minorOf, typed } from "./money/logic";
import type { Policy } from "./money/types";

const key = ["/billing/policy"];

/** The rules about money: what a failed start is, what a guest's card holds, who may give back how much. */
export default function MoneyRules() {
  const t = useT();
  const me = useMe();
  const currency = useCurrency();
  // Read once: what is saved replaces what was there when the page was opened, or nothing.
  const q = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => getTagged<Policy>("/billing/policy", signal),
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  return (
    <Plates className="grid-cols-1 lg:grid-cols-2">
      <Plate className="col-span-full">
        <h1>{t("page.moneyRules")}</h1>
        <p className="t2">{t("money.rules.about")}</p>
      </Plate>
      <Loaded of={q}>
        {(d) =>
          currency === undefined ? null : me.may("money") ? (
            <Form key={d.tag} from={d.of} tag={d.tag} currency={currency} />
          ) : (
            <Shown of={d.of} currency={currency} />
          )
        }
      </Loaded>
      {me.may("people") && <BrakeLimits may={me.may("money")} />}
    </Plates>
  );
}

/** Goodwill is counted in whole units of the currency. */
const whole = (n: number, currency: string) => money(amount(n * 10 ** exponentOf(currency), currency));

function Shown({ of: p, currency }: { of: Policy; currency: string }) {
  const t = useT();
  return (
    <Plate>
      <Pairs>
        <Pair name={t("money.rules.failedWh")}>{p.failed_start_wh} Wh</Pair>
        <Pair name={t("money.rules.failedS")}>{p.failed_start_s} s</Pair>
        <Pair name={t("money.rules.hold")}>
          {p.hold_minor === 0 ? t("money.rules.holdAuto") : money(amount(p.hold_minor, currency))}
        </Pair>
        <Pair name={t("money.rules.unpaid")}>{t(`money.rules.ways.${p.unpaid_sessions ?? "allow"}`)}</Pair>
        <Pair name={t("money.rules.operator")}>{whole(p.operator_goodwill, currency)}</Pair>
        <Pair name={t("money.rules.support")}>{whole(p.support_goodwill, currency)}</Pair>
      </Pairs>
    </Plate>
  );
}

function Form({ from, tag, currency }: { from: Policy; tag: string; currency: string }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState(from);
  const [hold, setHold] = useState(() => (from.hold_minor === 0 ? "" : typed(amount(from.hold_minor, currency))));
  const [mark, setMark] = useState(tag);
  const [saved, setSaved] = useState(false);
  const minor = hold.trim() === "" ? 0 : minorOf(hold, currency);
  const meanwhile = deed.failed instanceof ApiProblem && deed.failed.status === 412;
  const change = (k: keyof Policy) => (n: number | null) => {
    setSaved(false);
    set({ ...v, [k]: n === null ? 0 : Math.round(n) });
  };
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setSaved(false);
    const body = { ...v, hold_minor: minor };
    const done = await deed.run(async () => {
      await put<Policy>("/billing/policy", body, {}, { "If-Match": mark });
      const now = await getTagged<Policy>("/billing/policy");
      set(now.of);
      setMark(now.tag);
    });
    setSaved(done);
  };
  return (
    <form className="contents" onSubmit={save}>
      <Plate title={t("money.rules.failed")}>
        <p className="t2 mb-3">{t("money.rules.failedAbout")}</p>
        <div className="grid gap-3 max-w-xs">
          <NumberField
            label={t("money.rules.failedWh")}
            unit="Wh"
            value={v.failed_start_wh}
            onChange={change("failed_start_wh")}
            error={deed.at("failed_start_wh")}
          />
          <NumberField
            label={t("money.rules.failedS")}
            unit="s"
            value={v.failed_start_s}
            onChange={change("failed_start_s")}
            error={deed.at("failed_start_s")}
          />
        </div>
      </Plate>
      <Plate title={t("money.rules.guests")}>
        <p className="t2 mb-3">{t("money.rules.guestsAbout")}</p>
        <div className="max-w-xs">
          <TextField
            label={t("money.rules.hold")}
            help={t("money.rules.holdHelp")}
            inputMode="decimal"
            unit={currency}
            value={hold}
            onChange={(x) => {
              setSaved(false);
              setHold(x);
            }}
            error={deed.at("hold_minor") || (minor === null ? t("money.rules.holdWrong") : "")}
          />
        </div>
      </Plate>
      <Plate title={t("money.rules.drivers")}>
        <p className="t2 mb-3">{t("money.rules.driversAbout")}</p>
        <Radios
          label={t("money.rules.unpaid")}
          value={v.unpaid_sessions ?? "allow"}
          onChange={(x) => {
            setSaved(false);
            set({ ...v, unpaid_sessions: x as Policy["unpaid_sessions"] });
          }}
          options={(["allow", "refuse"] as const).map((w) => ({ value: w, label: t(`money.rules.ways.${w}`) }))}
        />
      </Plate>
      <Plate title={t("money.rules.goodwill")}>
        <p className="t2 mb-3">{t("money.rules.goodwillAbout")}</p>
        <div className="grid gap-3 max-w-xs">
          <NumberField
            label={t("money.rules.operator")}
            unit={currency}
            value={v.operator_goodwill}
            onChange={change("operator_goodwill")}
            error={deed.at("operator_goodwill")}
          />
          <NumberField
            label={t("money.rules.support")}
            unit={currency}
            value={v.support_goodwill}
            onChange={change("support_goodwill")}
            error={deed.at("support_goodwill")}
          />
        </div>
      </Plate>
      <Plate className="col-span-full">
        {meanwhile ? (
          <Note>
            <p>{t("money.rules.meanwhile")}</p>
            <p className="mt-2">
              <Button small onClick={() => void cache.invalidateQueries({ queryKey: key })}>
                {t("money.rules.readAgain")}
              </Button>
            </p>
          </Note>
        ) : (
          deed.failed !== null && <ProblemBox error={deed.failed} />
        )}
        <p className="t2 mb-3">{t("money.rules.fromNow")}</p>
        <p className="flex items-center gap-3">
          <Button kind="primary" type="submit" busy={deed.busy} disabled={minor === null}>
            {t("money.rules.save")}
          </Button>
          <span role="status">{saved && t("money.rules.saved")}</span>
        </p>
      </Plate>
    </form>
  );
}
