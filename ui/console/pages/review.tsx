import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { get, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { kwh, moment, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { Ago, Button, ConfirmByConsequence, Icon, Loaded, Plate, Plates, ProblemBox, usePages } from "#shared/parts";
import { follow } from "./money/data";
import type { Claim, Payment } from "./money/types";
import { Payer, Where } from "./money/whom";
import { claimReason, methodText } from "./money/words";
import { CloseDialog, ReviewForm } from "./sessions/deeds";
import type { Session } from "./sessions/types";
import { flagText } from "./sessions/words";
import { Ask } from "./support/ask";

interface Waiting {
  held: number;
  doubtful: number;
  provisional: number;
  payments: number;
  claims: number;
}

const most = 100;

/** What is strange and waits for a person, with the decision in its place. */
export default function Review() {
  const t = useT();
  const q = useQuery(
    live(
      follow,
      {
        queryKey: ["/review"],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Waiting>("/review", {}, signal),
      },
      2_000,
    ),
  );
  return (
    <Plates className="grid-cols-1">
      <Plate>
        <h1>{t("page.review")}</h1>
        <Loaded of={q}>
          {(w) => {
            const n = w.held + w.doubtful + w.provisional + w.payments + w.claims;
            return <p className="t2">{n === 0 ? t("review.nothing") : t("review.waits", { count: n, n })}</p>;
          }}
        </Loaded>
      </Plate>
      <Held />
      <Doubtful />
      <Silent />
      <Payments />
      <Claims />
      <Estimated />
    </Plates>
  );
}

/** A section of things that wait. */
function Section<T>({
  id,
  of,
  row,
}: {
  id: string;
  of: { rows: T[]; more: boolean; loading: boolean; error: Error | null; retry: () => void; loadMore: () => void };
  row: (x: T) => ReactNode;
}) {
  const t = useT();
  return (
    <Plate title={t(`review.${id}.title`)} note={of.rows.length > 0 ? t(`review.${id}.note`) : undefined}>
      {of.error ? (
        <ProblemBox error={of.error} retry={of.retry} />
      ) : of.rows.length === 0 ? (
        <p className="t3">{of.loading ? t("parts.loading") : t(`review.${id}.none`)}</p>
      ) : (
        <ul aria-label={t(`review.${id}.title`)}>{of.rows.map(row)}</ul>
      )}
      {of.more && (
        <p className="pt-2">
          <Button busy={of.loading} onClick={of.loadMore}>
            {t("review.more")}
          </Button>
        </p>
      )}
    </Plate>
  );
}

/** One thing: what it is, why it waits, and below it the decision. */
function Item({ head, why, at, children }: { head: ReactNode; why: string; at: string; children?: ReactNode }) {
  return (
    <li className="border-t border-line first:border-0 py-2 grid gap-2">
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        <span className="min-w-[220px]">{head}</span>
        <span className="tw grow basis-[240px] min-w-0">
          <Icon name="p2" size={12} /> {why}
        </span>
        <span className="t3">
          <Ago at={at} />
        </span>
      </div>
      {children}
    </li>
  );
}

function SessionLink({ of: s }: { of: Session }) {
  return (
    <A className="lk" href={`/sessions/${seg(s.id)}`}>
      {`${s.station_id} EVSE ${s.evse_id}, ${moment(s.started_at ?? s.created_at)}, ${kwh(s.energy_wh)} kWh`}
    </A>
  );
}

const why = (t: ReturnType<typeof useT>, s: Session) => (s.flags ?? []).map((f) => flagText(t, f)).join(", ");

/** Who pays, and where they charged. */
function Whom({ of }: { of: Payment | Claim }) {
  return (
    <span className="block t2">
      <Payer of={of} className="lk" />
      {of.session_id && (
        <>
          {", "}
          <Where of={of} className="lk" />
        </>
      )}
    </span>
  );
}

function Held() {
  const t = useT();
  const rows = usePages<Session>(
    "/sessions",
    useMemo(() => ({ state: "held", limit: most }), []),
    ["session"],
  );
  return (
    <Section
      id="held"
      of={rows}
      row={(s) => (
        <Item key={s.id} head={<SessionLink of={s} />} why={why(t, s)} at={s.updated_at}>
          <Decide of={s} />
        </Item>
      )}
    />
  );
}

function Decide({ of: s }: { of: Session }) {
  const t = useT();
  const me = useMe();
  const [open, setOpen] = useState(false);
  if (!me.may("money")) return null;
  if (open) return <ReviewForm of={s} />;
  return (
    <p>
      <Button onClick={() => setOpen(true)}>{t("review.decide")}</Button>
    </p>
  );
}

/** Sessions that were billed although something was said that the bill leaves out. */
function Doubtful() {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [seen, setSeen] = useState<Session | null>(null);
  const rows = usePages<Session>(
    "/sessions",
    useMemo(() => ({ state: "doubtful", limit: most }), []),
    ["session"],
  );
  return (
    <>
      <Section
        id="doubtful"
        of={rows}
        row={(s) => (
          <Item key={s.id} head={<SessionLink of={s} />} why={why(t, s)} at={s.updated_at}>
            <p className="flex flex-wrap gap-2">
              {s.cost && (
                <A className="lk" href={`/documents/${seg(s.id)}`}>
                  {t("review.toReceipt", { amount: money(s.cost) })}
                </A>
              )}
              {me.may("money") && <Button onClick={() => setSeen(s)}>{t("review.stands")}</Button>}
            </p>
          </Item>
        )}
      />
      {seen && (
        <Ask
          title={t("review.stands")}
          deed={t("review.stands")}
          then={t("review.then.stands")}
          onClose={() => setSeen(null)}
          act={async (reason) => {
            await post(`/sessions/${seg(seen.id)}/review`, { decision: "accept", reason });
            for (const k of ["/sessions", "/review"]) await cache.invalidateQueries({ queryKey: [k] });
          }}
        />
      )}
    </>
  );
}

function Silent() {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [closing, setClosing] = useState<Session | null>(null);
  const rows = usePages<Session>(
    "/sessions",
    useMemo(() => ({ open: true, flag: "provisional", limit: most }), []),
    ["session"],
  );
  return (
    <>
      <Section
        id="silent"
        of={rows}
        row={(s) => (
          <Item key={s.id} head={<SessionLink of={s} />} why={why(t, s)} at={s.updated_at}>
            {me.may("stations") && (
              <p>
                <Button onClick={() => setClosing(s)}>{t("sessions.closeAsk")}</Button>
              </p>
            )}
          </Item>
        )}
      />
      {closing && (
        <CloseDialog
          sessions={[closing]}
          onClose={() => {
            setClosing(null);
            void cache.invalidateQueries({ queryKey: ["/review"] });
          }}
        />
      )}
    </>
  );
}

interface Step {
  id: string;
  verb: string;
  state: string;
}

function Payments() {
  const t = useT();
  const rows = usePages<Payment>(
    "/payments",
    useMemo(() => ({ trouble: true, limit: most }), []),
    follow,
  );
  return (
    <Section
      id="payments"
      of={rows}
      row={(p) => (
        <Item
          key={p.id}
          head={
            <>
              <A className="lk" href={`/payments/${seg(p.id)}`}>
                {[money(p.asked), p.method.kind && methodText(t, p.method), moment(p.created_at)]
                  .filter(Boolean)
                  .join(", ")}
              </A>
              <Whom of={p} />
            </>
          }
          why={[t(`review.trouble.${p.trouble ?? "strange"}`), p.trouble_reason].filter(Boolean).join(": ")}
          at={p.updated_at}
        >
          <PaymentDeeds of={p} />
        </Item>
      )}
    />
  );
}

function PaymentDeeds({ of: p }: { of: Payment }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [asking, setAsking] = useState<"clear" | "retry" | "giveUp" | "">("");
  const unknown = useQuery({
    queryKey: ["/payments", p.id],
    queryFn: ({ signal }) => get<{ steps: Step[] }>(`/payments/${seg(p.id)}`, {}, signal),
    enabled: p.trouble === "unknown" && me.may("money"),
  }).data?.steps.find((x) => x.state === "unknown");
  if (!me.may("money")) return null;
  const renew = async () => {
    for (const k of ["/payments", "/claims", "/review"]) await cache.invalidateQueries({ queryKey: [k] });
  };
  const step = { step: unknown?.id ?? "" };
  return (
    <p className="flex flex-wrap gap-2">
      {p.trouble === "strange" && <Button onClick={() => setAsking("clear")}>{t("review.clear")}</Button>}
      {unknown && (
        <>
          <Button onClick={() => setAsking("retry")}>{t("review.retry")}</Button>
          <Button kind="danger" onClick={() => setAsking("giveUp")}>
            {t("review.giveUp")}
          </Button>
        </>
      )}
      {(asking === "clear" || asking === "retry") && (
        <ConfirmByConsequence
          title={t(`review.${asking}`)}
          open
          onClose={() => setAsking("")}
          consequence={t(`review.then.${asking}`)}
          deed={t(`review.${asking}`)}
          act={async () => {
            await post(`/payments/${seg(p.id)}/${asking}`, asking === "retry" ? step : undefined);
            await renew();
          }}
        />
      )}
      {asking === "giveUp" && (
        <Ask
          title={t("review.giveUp")}
          deed={t("review.giveUp")}
          then={t("review.then.giveUp")}
          danger
          onClose={() => setAsking("")}
          act={async (reason) => {
            await post(`/payments/${seg(p.id)}/give-up`, { ...step, reason });
            await renew();
          }}
        />
      )}
    </p>
  );
}

function Claims() {
  const t = useT();
  const rows = usePages<Claim>(
    "/claims",
    useMemo(() => ({ state: "stuck", limit: most }), []),
    follow,
  );
  return (
    <Section
      id="claims"
      of={rows}
      row={(c) => (
        <Item
          key={c.id}
          head={
            <>
              <A className="lk" href={`/claims?claim=${seg(c.id)}`}>
                {t("review.leftOf", { left: money(c.left), due: money(c.due) })}
              </A>
              <Whom of={c} />
            </>
          }
          why={claimReason(t, c.reason)}
          at={c.created_at}
        >
          <ClaimDeeds of={c} />
        </Item>
      )}
    />
  );
}

function ClaimDeeds({ of: c }: { of: Claim }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [asking, setAsking] = useState<"ask" | "writeOff" | "">("");
  if (!me.may("money")) return null;
  const renew = async () => {
    for (const k of ["/claims", "/payments", "/review"]) await cache.invalidateQueries({ queryKey: [k] });
  };
  const left = money(c.left);
  return (
    <p className="flex flex-wrap gap-2">
      {!c.guest && <Button onClick={() => setAsking("ask")}>{t("review.ask")}</Button>}
      <Button kind="danger" onClick={() => setAsking("writeOff")}>
        {t("review.writeOff")}
      </Button>
      {asking === "ask" && (
        <ConfirmByConsequence
          title={t("review.ask")}
          open
          onClose={() => setAsking("")}
          consequence={t("review.then.ask", { left })}
          deed={t("review.ask")}
          act={async () => {
            await post(`/claims/${seg(c.id)}/ask`);
            await renew();
          }}
        />
      )}
      {asking === "writeOff" && (
        <Ask
          title={t("review.writeOff")}
          deed={t("review.writeOffDeed", { left })}
          then={t("review.then.writeOff", { left })}
          danger
          onClose={() => setAsking("")}
          act={async (reason) => {
            await post(`/claims/${seg(c.id)}/write-off`, { reason });
            await renew();
          }}
        />
      )}
    </p>
  );
}

/** Sessions whose end was lost, of the last days: billed, and looked at by who wants to. */
function Estimated() {
  const t = useT();
  const from = useMemo(() => new Date(Date.now() - 7 * 86_400_000).toISOString(), []);
  const rows = usePages<Session>(
    "/sessions",
    useMemo(() => ({ state: "estimated", from, limit: 20 }), [from]),
    ["session"],
  );
  return (
    <Section
      id="estimated"
      of={{ ...rows, rows: rows.rows.filter((s) => !s.held) }}
      row={(s) => (
        <Item key={s.id} head={<SessionLink of={s} />} why={why(t, s)} at={s.updated_at}>
          {s.cost && (
            <p>
              <A className="lk" href={`/documents/${seg(s.id)}`}>
                {t("review.toReceipt", { amount: money(s.cost) })}
              </A>
            </p>
          )}
        </Item>
      )}
    />
  );
}
