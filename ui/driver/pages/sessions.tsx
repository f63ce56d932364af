import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { seg } from "#shared/api/client";
import { clock, energy, money, text } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Chip, Empty, Icon, ProblemBox, usePages } from "#shared/parts";
import { consumptionQuery, useDriver } from "../data";
import { Page } from "../frame";
import { running } from "../logic/charging";
import { byMonth, filled, monthName } from "../logic/history";
import type { Amount, MySession, Period } from "../logic/types";
import { Bars } from "../parts/bars";
import { NeedSignIn } from "../parts/need";
import { OfflineNote } from "../parts/offline";
import { Owed } from "../parts/owed";

export default function SessionsPage() {
  const t = useT();
  const { known, driver } = useDriver();
  return (
    <Page title={t("page.sessions")}>
      {known && !driver ? (
        <NeedSignIn why={t("history.signIn")} />
      ) : (
        <>
          <OfflineNote />
          <Owed />
          <History />
        </>
      )}
    </Page>
  );
}

const size = { limit: 50 };

function History() {
  const t = useT();
  const list = usePages<MySession>("/me/sessions", size, ["site", "session"], 5_000);
  const months = useMemo(() => byMonth(list.rows), [list.rows]);
  if (list.error && list.rows.length === 0) return <ProblemBox error={list.error} retry={list.retry} />;
  if (list.loading && list.rows.length === 0) return <p className="empty">{t("parts.loading")}</p>;
  if (list.rows.length === 0) {
    return (
      <Empty why={t("history.none")}>
        <A className="lk" href="/">
          {t("shell.home")}
        </A>
      </Empty>
    );
  }
  return (
    <>
      <Consumption />
      {months.map((m) => (
        <section key={m.key} className="nopad" aria-labelledby={`m${m.key}`}>
          <div className="monthhead">
            <h2 id={`m${m.key}`}>{monthName(m.key, language())}</h2>
            <span className="t2 text-sm">
              {text(energy(m.energy_wh))}
              {m.cost.length > 0 && `, ${sums(m.cost)}`}
              {m.open && ` ${t("history.soFar")}`}
            </span>
          </div>
          <ul>
            {m.sessions.map((s) => (
              <Row key={s.id} s={s} />
            ))}
          </ul>
        </section>
      ))}
      {list.more && (
        <div className="p-4">
          <Button onClick={list.loadMore} busy={list.loading}>
            {t("history.older")}
          </Button>
        </div>
      )}
    </>
  );
}

const sums = (all: readonly Amount[]) => all.map((a) => money(a)).join(" + ");

function Row({ s }: { s: MySession }) {
  const t = useT();
  const open = running(s);
  const day = s.started_at
    ? new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), {
        day: "numeric",
        month: "short",
        timeZone: s.site.time_zone || "UTC",
      }).format(new Date(s.started_at))
    : "";
  return (
    <li>
      <A className="row2" href={open || !s.receipt_id ? `/session/${seg(s.id)}` : `/receipts/${seg(s.receipt_id)}`}>
        <span className="min-w-0">
          <span className="block cut">
            <b>{s.site.name}</b>
          </span>
          <span className="block t2 text-sm">
            {day}, {clock(s.started_at, s.site.time_zone, false)}, {text(energy(s.energy_wh))}
          </span>
        </span>
        <span className="text-right">
          <b className="block">{s.cost ? money(s.cost) : "–"}</b>
          <span className={`block text-sm ${open ? "te" : "t2"}`}>
            {open ? t("history.running") : s.cost_final ? "" : t("history.notFinal")}
          </span>
        </span>
        <Icon name="right" />
      </A>
    </li>
  );
}

/** One of a few ways to see the same; not a filter that could be taken off. */
function Choice({ on, onClick, children }: { on: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="chip" aria-pressed={on} onClick={onClick}>
      {children}
    </button>
  );
}

/** The last twelve months, in energy or in money. */
function Consumption() {
  const t = useT();
  const [by, setBy] = useState<"month" | "year">("month");
  const [what, setWhat] = useState("energy");
  const [chosen, setChosen] = useState("");
  const q = useQuery(consumptionQuery(by));
  const periods = useMemo(() => filled(q.data?.items ?? [], by, by === "month" ? 12 : 5, new Date()), [q.data, by]);
  const currencies = [...new Set(periods.flatMap((p) => p.cost.map((c) => c.currency)))];
  const currency = currencies.includes(what) ? what : null;
  const exponent = currency
    ? (new Intl.NumberFormat(language(), { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2)
    : 0;
  const name = (p: Period, long: boolean) =>
    by === "year"
      ? p.from.slice(0, 4)
      : new Intl.DateTimeFormat(language(), {
          month: long ? "long" : "short",
          ...(long ? { year: "numeric" as const } : {}),
          timeZone: "UTC",
        }).format(new Date(p.from));
  const words = (p: Period) =>
    t("history.period", {
      period: name(p, true),
      energy: text(energy(p.energy_wh)),
      cost: sums(p.cost) || "–",
      count: p.sessions,
    });
  const bars = periods.map((p) => ({
    key: p.from,
    label: name(p, false),
    value: currency
      ? (p.cost.find((c) => c.currency === currency)?.amount_minor ?? 0) / 10 ** exponent
      : p.energy_wh / 1000,
    words: words(p),
  }));
  const shown = periods.find((p) => p.from === chosen) ?? periods.at(-1);
  if (!q.data) return null;
  return (
    <section className="grid gap-2">
      <h2>{t("history.consumption")}</h2>
      <div className="chips">
        <Choice on={!currency} onClick={() => setWhat("energy")}>
          kWh
        </Choice>
        {currencies.map((c) => (
          <Choice key={c} on={currency === c} onClick={() => setWhat(c)}>
            {c}
          </Choice>
        ))}
        <span className="sp" />
        <Chip on={by === "year"} onClick={() => setBy(by === "year" ? "month" : "year")}>
          {t("history.years")}
        </Chip>
      </div>
      <Bars
        bars={bars}
        unit={currency ?? "kWh"}
        label={t("history.chart")}
        chosen={shown?.from ?? ""}
        onChoose={setChosen}
      />
      {shown && (
        <p className="t2 text-sm" aria-live="polite">
          {words(shown)}
        </p>
      )}
    </section>
  );
}
