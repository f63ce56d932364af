import { useMemo } from "react";
import { address, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters, useGo } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Chip,
  type Column,
  Empty,
  Loaded,
  Shown,
  SidePanel,
  Table,
  TextField,
  usePages,
  ZoneNote,
} from "#shared/parts";
import { follow, usePayment } from "./money/data";
import { PaymentMark } from "./money/marks";
import { PaymentDeeds, PaymentDisputes, PaymentFacts, Standing, StepTrail, usePaymentTitle } from "./money/payment";
import { SumRow } from "./money/sum";
import type { Payment } from "./money/types";
import { whomColumns } from "./money/whom";
import { methodText } from "./money/words";
import { period } from "./sessions/logic";
import { PeriodFilter } from "./sessions/period";

/** All that was asked of anybody by a provider of payments. */
export default function Payments() {
  const t = useT();
  const f = useFilters(["trouble", "last4", "driver", "from", "to", "payment"]);
  const { trouble, driver, from, to, payment } = f.value;
  const zone = ownZone();
  const last4 = /^\d{4}$/.test(f.value.last4) ? f.value.last4 : "";
  const query = useMemo(
    () => ({ trouble: trouble === "true", last4, driver_id: driver, ...period(from, to, zone) }),
    [trouble, last4, driver, from, to, zone],
  );
  const rows = usePages<Payment>(
    "/payments",
    useMemo(() => ({ ...query, limit: 100 }), [query]),
    follow,
  );
  const go = useGo();
  const columns = useColumns();
  const filtered = !!(trouble || last4 || driver || from || to);
  return (
    <div className={`listpage${payment ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.payments")}</h1>
          <div className="chips">
            <PeriodFilter of={f} zone={zone} />
            <Chip on={!!trouble} onClick={() => f.set({ trouble: trouble ? "" : "true" })}>
              {t("money.onlyTrouble")}
            </Chip>
            {driver && (
              <Chip on onClick={() => f.set({ driver: "" })}>
                {t("money.ofDriver")}
              </Chip>
            )}
            <TextField
              hideLabel
              className="w-44"
              label={t("money.last4")}
              placeholder={t("money.last4")}
              inputMode="numeric"
              maxLength={4}
              value={f.value.last4}
              onChange={(v) => f.set({ last4: v.replace(/\D/g, "") })}
            />
          </div>
          <span className="sp" />
          <ButtonLink small href={address("/api/v1/exports/payments.csv", query)} download>
            {t("sessions.csv")}
          </ButtonLink>
        </div>
        <SumRow
          path="/payments"
          query={query}
          count={(n) => t("money.paymentsWord", { count: n })}
          amounts={[
            { of: "asked", word: t("money.sum.asked") },
            { of: "held", word: t("money.sum.held") },
            { of: "captured", word: t("money.sum.captured") },
            { of: "refunded", word: t("money.sum.refunded") },
          ]}
        />
        <Table
          label={t("page.payments")}
          columns={columns}
          rows={rows}
          rowKey={(p) => p.id}
          current={payment}
          onOpen={(p) =>
            matchMedia("(width < 900px)").matches ? go(`/payments/${seg(p.id)}`) : f.set({ payment: p.id })
          }
          tone={(p) => (p.trouble === "strange" ? "f" : p.trouble ? "w" : undefined)}
          empty={
            <Empty why={t(trouble ? "money.noTrouble" : filtered ? "money.noneFits" : "money.noPayments")}>
              {filtered && (
                <Button onClick={() => f.set({ trouble: "", last4: "", driver: "", from: "", to: "" })}>
                  {t("money.showAll")}
                </Button>
              )}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={rows} />
          <span>{t("money.newestFirst")}</span>
          <span className="sp" />
          <ZoneNote zone={zone} />
        </div>
      </div>
      {payment && <PaymentPanel key={payment} id={payment} onClose={() => f.set({ payment: "" })} />}
    </div>
  );
}

function useColumns(): Column<Payment>[] {
  const t = useT();
  return useMemo<Column<Payment>[]>(() => {
    const whom = whomColumns(t, t("money.begun"));
    return [
      whom.at(),
      { id: "state", head: t("money.state"), cell: (p) => <PaymentMark of={p} />, width: "minmax(150px, 1fr)" },
      whom.payer(),
      ...(["asked", "held", "captured", "refunded"] as const).map((k) => ({
        id: k,
        head: t(`money.${k}`),
        cell: (p: Payment) => (p[k].amount_minor === 0 ? <span className="t3">–</span> : <span>{money(p[k])}</span>),
        number: true,
        width: "84px",
      })),
      { id: "for", head: t("money.for"), cell: (p) => t(`money.purpose.${p.purpose}`), width: "minmax(96px, 0.6fr)" },
      whom.where(),
      { id: "method", head: t("money.method"), cell: (p) => methodText(t, p.method), width: "minmax(132px, 1.2fr)" },
    ];
  }, [t]);
}

function PaymentPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const title = usePaymentTitle();
  const q = usePayment(id);
  return (
    <SidePanel
      title={q.data ? title(q.data) : t("page.payment")}
      onClose={onClose}
      footer={<ButtonLink href={`/payments/${seg(id)}`}>{t("money.open")}</ButtonLink>}
    >
      <Loaded of={q}>
        {(p) => (
          <>
            <Standing of={p} />
            <h3>{t("money.steps")}</h3>
            <StepTrail of={p} />
            {me.may("money") && <PaymentDeeds of={p} />}
            {p.disputes.length > 0 && (
              <>
                <h3>{t("page.disputes")}</h3>
                <PaymentDisputes of={p} />
              </>
            )}
            <h3>{t("money.facts")}</h3>
            <PaymentFacts of={p} />
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}
