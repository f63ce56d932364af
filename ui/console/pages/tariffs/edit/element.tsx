import { price } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Button, Chip, Icon, IconButton, Menu, NumberField, Select, TextField } from "#shared/parts";
import { useDimension } from "../../sessions/price";
import { type Component, type Element, type Restrictions, whenParts } from "../logic";
import {
  allConditions,
  type Condition,
  componentsOf,
  condition,
  conditionsOf,
  type Doc,
  elementsOf,
  type Finding,
  insert,
  like,
  move,
  type Path,
  remove,
  set,
} from "./model";

type Change = (next: (doc: Doc) => Doc) => void;

const week = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const number = (v: unknown) => (v === undefined || v === null || v === "" ? null : Number(v));

export function useDayName() {
  return (n: number, length: "short" | "long" = "short") =>
    new Intl.DateTimeFormat(language(), { weekday: length, timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + n));
}

/** An element as a card: when it holds, and its prices. */
export function ElementCard({
  of: e,
  i,
  doc,
  change,
  findings,
  today,
}: {
  of: Element;
  i: number;
  doc: Doc;
  change: Change;
  findings: readonly Finding[];
  today: string;
}) {
  const t = useT();
  const dayName = useDayName();
  const path = `elements[${i}]`;
  const mine = findings.filter((f) => f.path === path || f.path.startsWith(`${path}.`));
  const when = whenParts(e.restrictions, (k, w) => t(`tariffs.when.${k}`, w), dayName);
  const count = elementsOf(doc).length;
  const has = conditionsOf(e.restrictions);
  return (
    <section className="border-t border-line pt-3 pb-4" data-path={path} aria-labelledby={`el-${i}`}>
      <div className="flex flex-wrap items-center gap-2 mb-2">
        <h3 id={`el-${i}`} className="font-semi">
          {t("tedit.element", { n: i + 1 })}
        </h3>
        <span className="t2 min-w-0">
          {when.length ? when.join(", ") : t(i > 0 ? "tariffs.otherwise" : "tariffs.always")}
        </span>
        {mine.length > 0 && <Remarks of={mine} />}
        <span className="sp" />
        <span className="flex gap-2">
          <IconButton
            small
            icon="up"
            label={t("tedit.up", { n: i + 1 })}
            disabled={i === 0}
            onClick={() => change((d) => move(d, i, -1))}
          />
          <IconButton
            small
            icon="down"
            label={t("tedit.down", { n: i + 1 })}
            disabled={i === count - 1}
            onClick={() => change((d) => move(d, i, 1))}
          />
          <IconButton
            small
            icon="copy"
            label={t("tedit.copy", { n: i + 1 })}
            onClick={() => change((d) => insert(d, structuredClone(e), i + 1))}
          />
          <IconButton
            small
            icon="x"
            label={t("tedit.remove", { n: i + 1 })}
            disabled={count === 1}
            onClick={() => change((d) => remove(d, i))}
          />
        </span>
      </div>
      <ul className="grid gap-2">
        {componentsOf(e).map((c, j) => (
          <Price key={j} of={c} i={i} j={j} doc={doc} change={change} only={componentsOf(e).length === 1} />
        ))}
      </ul>
      {has.length > 0 && (
        <ul className="grid gap-2 mt-3">
          {has.map((c) => (
            <li key={c} className="flex flex-wrap items-end gap-2">
              <When of={c} r={e.restrictions ?? {}} i={i} change={change} />
              <IconButton
                small
                icon="x"
                label={t("tedit.noCondition", { what: t(`tedit.condition.${c}`), n: i + 1 })}
                onClick={() => change((d) => condition(d, i, c, false))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2 mt-3">
        <Button
          small
          icon="plus"
          onClick={() =>
            change((d) => set(d, ["elements", i, "price_components", componentsOf(e).length], like(d, missing(e))))
          }
        >
          {t("tedit.addPrice")}
        </Button>
        <Menu
          small
          icon="plus"
          label={t("tedit.addConditionTo", { n: i + 1 })}
          items={allConditions
            .filter((c) => !has.includes(c))
            .map((c) => ({
              id: c,
              label: t(`tedit.condition.${c}`),
              act: () => change((d) => condition(d, i, c, true, today)),
            }))}
        >
          {t("tedit.addCondition")}
        </Menu>
      </div>
    </section>
  );
}

/** A dimension that the element does not price yet. */
function missing(e: Element): string {
  const has = componentsOf(e).map((c) => c.type);
  return ["ENERGY", "PARKING_TIME", "TIME", "FLAT"].find((d) => !has.includes(d)) ?? "ENERGY";
}

/** The gravest remark on a card, and how many. */
function Remarks({ of }: { of: readonly Finding[] }) {
  const t = useT();
  const worst = of.some((f) => f.severity === "error") ? "p1" : of.some((f) => f.severity === "warning") ? "p2" : "p3";
  return (
    <span className={`inline-flex items-center gap-1 text-sm ${{ p1: "tf", p2: "tw", p3: "t2" }[worst]}`}>
      <Icon name={worst} size={12} />
      {t("tedit.remarks", { count: of.length })}
    </span>
  );
}

/** One price of an element: what for, how much, its tax and its step. */
function Price({
  of: c,
  i,
  j,
  doc,
  change,
  only,
}: {
  of: Component;
  i: number;
  j: number;
  doc: Doc;
  change: Change;
  only: boolean;
}) {
  const t = useT();
  const dimension = useDimension();
  const at: Path = ["elements", i, "price_components", j];
  const path = `elements[${i}].price_components[${j}]`;
  const put = (member: string, v: unknown) => change((d) => set(d, [...at, member], v ?? undefined));
  const currency = typeof doc.currency === "string" ? doc.currency : "EUR";
  const timed = c.type === "TIME" || c.type === "PARKING_TIME";
  const per = { ENERGY: `${currency}/kWh`, FLAT: currency }[c.type] ?? `${currency}/h`;
  const n = number(c.price);
  const of = `${i + 1}.${j + 1}`;
  const types = ["ENERGY", "TIME", "PARKING_TIME", "FLAT"];
  return (
    <li
      className="grid grid-cols-2 sm:grid-cols-[minmax(130px,1.4fr)_minmax(120px,1fr)_84px_100px_auto] gap-2 items-start max-sm:pb-2"
      data-path={path}
    >
      <Select
        className="max-sm:col-span-2"
        label={t("tedit.what")}
        aria-label={t("tedit.whatOf", { of })}
        value={c.type}
        onChange={(v) =>
          change((d) =>
            set(
              set(set(d, [...at, "type"], v), [...at, "step_size"], v === "FLAT" ? undefined : 1),
              [...at, "spot"],
              undefined,
            ),
          )
        }
        options={[...types, ...(types.includes(c.type) ? [] : [c.type])].map((x) => ({
          value: x,
          label: dimension(x),
        }))}
      />
      <div data-path={`${path}.price`}>
        <NumberField
          label={t("tedit.price")}
          aria-label={t("tedit.priceOf", { of })}
          unit={per}
          value={n}
          onChange={(v) => put("price", v)}
          help={
            c.spot
              ? t("tariffs.fallback", { index: c.spot.index ?? "" })
              : timed && n
                ? t("tedit.perMinute", { price: price(String(n / 60), currency) })
                : undefined
          }
        />
      </div>
      <div data-path={`${path}.vat`}>
        <NumberField
          label={t("tedit.vat")}
          aria-label={t("tedit.vatOf", { of })}
          unit="%"
          value={number(c.vat)}
          onChange={(v) => put("vat", v)}
        />
      </div>
      <div data-path={`${path}.step_size`}>
        <NumberField
          label={t("tedit.step")}
          aria-label={t("tedit.stepOf", { of })}
          unit={c.type === "ENERGY" ? "Wh" : "s"}
          value={c.type === "FLAT" ? null : number(c.step_size)}
          onChange={(v) => put("step_size", v)}
          disabled={c.type === "FLAT"}
        />
      </div>
      <div className="pt-[22px]">
        <IconButton
          small
          icon="x"
          label={t("tedit.removePrice", { of })}
          disabled={only}
          onClick={() =>
            change((d) =>
              set(
                d,
                ["elements", i, "price_components"],
                componentsOf(elementsOf(d)[i] ?? {}).filter((_, k) => k !== j),
              ),
            )
          }
        />
      </div>
    </li>
  );
}

/** The fields of one condition. */
function When({ of, r, i, change }: { of: Condition; r: Restrictions; i: number; change: Change }) {
  const t = useT();
  const dayName = useDayName();
  const put = (member: keyof Restrictions, v: unknown) =>
    change((d) => set(d, ["elements", i, "restrictions", member], v === null || v === "" ? undefined : v));
  const n = i + 1;
  const text = (member: "start_time" | "end_time" | "start_date" | "end_date", type: "time" | "date") => (
    <div data-path={`elements[${i}].restrictions.${member}`}>
      <TextField
        type={type}
        label={t(`tedit.member.${member}`)}
        aria-label={t("tedit.memberOf", { what: t(`tedit.member.${member}`), n })}
        value={r[member] ?? ""}
        onChange={(v) => put(member, v)}
      />
    </div>
  );
  const range = (min: keyof Restrictions, max: keyof Restrictions, unit: string, scale = 1) =>
    [min, max].map((member) => {
      const v = number(r[member]);
      return (
        <div key={member} data-path={`elements[${i}].restrictions.${member}`} className="w-36">
          <NumberField
            label={t(member === min ? "tedit.atLeast" : "tedit.below")}
            aria-label={t(member === min ? "tedit.atLeastOf" : "tedit.belowOf", {
              what: t(`tedit.condition.${of}`),
              n,
            })}
            unit={unit}
            value={v === null ? null : v / scale}
            onChange={(x) => put(member, x === null ? null : Math.round(x * scale * 1e6) / 1e6)}
          />
        </div>
      );
    });
  return (
    <fieldset className="flex flex-wrap items-start gap-2 min-w-0">
      <legend className="t2 text-sm mb-1">{t(`tedit.condition.${of}`)}</legend>
      {of === "time" && [text("start_time", "time"), text("end_time", "time")].map((x, k) => <div key={k}>{x}</div>)}
      {of === "dates" && [text("start_date", "date"), text("end_date", "date")].map((x, k) => <div key={k}>{x}</div>)}
      {of === "days" && (
        <div className="chips" data-path={`elements[${i}].restrictions.day_of_week`}>
          {week.map((d, k) => {
            const on = r.day_of_week?.includes(d) ?? false;
            const next = week.filter((x) => (x === d ? !on : (r.day_of_week?.includes(x) ?? false)));
            return (
              <Chip key={d} on={on} onClick={() => put("day_of_week", next)}>
                {dayName(k)}
              </Chip>
            );
          })}
        </div>
      )}
      {of === "kwh" && range("min_kwh", "max_kwh", "kWh")}
      {of === "duration" && range("min_duration", "max_duration", "min", 60)}
      {of === "power" && range("min_power", "max_power", "kW")}
      {of === "current" && range("min_current", "max_current", "A")}
      {of === "reservation" && (
        <div data-path={`elements[${i}].restrictions.reservation`}>
          <Select
            label={t("tedit.applies")}
            value={r.reservation ?? ""}
            onChange={(v) => put("reservation", v)}
            options={[
              { value: "RESERVATION", label: t("tariffs.when.reserved") },
              { value: "RESERVATION_EXPIRES", label: t("tariffs.when.expired") },
            ]}
          />
        </div>
      )}
    </fieldset>
  );
}
