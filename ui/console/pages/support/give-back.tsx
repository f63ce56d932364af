import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post, seg } from "#shared/api/client";
import { type Amount, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { NumberField, Radios } from "#shared/parts";
import { Ask } from "./ask";
import type { GiveBack } from "./types";

/** Digits of the minor unit of a currency. */
const digits = (currency: string) =>
  new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** An amount of money as a number of major units, and back; what is typed between two minor units is rounded. */
const major = (a: Amount) => a.amount_minor / 10 ** digits(a.currency);
const minorOf = (v: number, currency: string) => Math.round(v * 10 ** digits(currency));

/** Gives back of a receipt: all of it or an amount, as it came or to the wallet, within what the role may. */
export function GiveBackDialog({ of, onClose }: { of: GiveBack; onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const [key] = useState(() => crypto.randomUUID());
  const most = of.limit && of.limit.amount_minor < of.left.amount_minor ? of.limit : of.left;
  const limited = most !== of.left;
  const [how, setHow] = useState(limited ? "part" : "all");
  const [to, setTo] = useState("payer");
  const [value, setValue] = useState<number | null>(limited ? major(most) : null);
  const minor = how === "all" ? of.left.amount_minor : minorOf(value ?? 0, of.left.currency);
  const over = minor > most.amount_minor;
  const shown = money({ amount_minor: minor, currency: of.left.currency });
  return (
    <Ask
      title={t("desk.giveTitle", { number: of.number })}
      deed={t("desk.giveDeed", { amount: shown })}
      then={t(`desk.giveThen.${to}`, { amount: shown })}
      ready={minor > 0 && !over}
      onClose={onClose}
      act={async (reason) => {
        await post(`/documents/${seg(of.receipt_id)}/credits`, { key, amount_minor: minor, reason, to });
        for (const k of ["/support", "/documents", "/claims", "/sessions"])
          await cache.invalidateQueries({ queryKey: [k] });
      }}
    >
      {limited && (
        <p className="tw">
          {t("desk.limited", { limit: money(most), left: money(of.left) })} {t("desk.limitedNext")}
        </p>
      )}
      <Radios
        label={t("desk.howMuch")}
        value={how}
        onChange={setHow}
        options={[
          ...(limited ? [] : [{ value: "all", label: t("desk.all", { amount: money(of.left) }) }]),
          { value: "part", label: t("desk.part") },
        ]}
      />
      {how === "part" && (
        <NumberField
          label={t("desk.amount")}
          unit={of.left.currency}
          value={value}
          onChange={setValue}
          error={over ? t("desk.over", { limit: money(most) }) : undefined}
        />
      )}
      {of.wallet && (
        <Radios
          label={t("desk.where")}
          value={to}
          onChange={setTo}
          options={[
            { value: "payer", label: t("desk.toPayer") },
            { value: "wallet", label: t("desk.toWallet") },
          ]}
        />
      )}
    </Ask>
  );
}
