import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { del, get, type Page, post, put, seg } from "#shared/api/client";
import { clock, day, moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import {
  Ago,
  Button,
  Check,
  type Column,
  ConfirmByConsequence,
  Dialog,
  Empty,
  Loaded,
  Note,
  ProblemBox,
  Shown,
  SidePanel,
  Switch,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Secret } from "./admin/secret";
import { Export } from "./export";

interface Webhook {
  id: string;
  url: string;
  events: string[];
  label: string;
  active: boolean;
  created_at: string;
  failing_since: string | null;
  last_status: number | null;
  last_at: string | null;
  stopped: string;
}

interface Delivery {
  id: string;
  event: string;
  at: string;
  attempt: number;
  status: number | null;
  latency_ms: number;
  response: string;
  next_at: string | null;
  state: "pending" | "delivered" | "failed";
}

type Draft = Pick<Webhook, "url" | "events" | "label">;

export default function Webhooks() {
  const t = useT();
  const rows = usePages<Webhook>(
    "/webhooks",
    useMemo(() => ({}), []),
  );
  const [open, setOpen] = useState("");
  const [making, setMaking] = useState(false);
  const hook = rows.rows.find((w) => w.id === open);
  const columns = useMemo<Column<Webhook>[]>(
    () => [
      {
        id: "url",
        head: t("hooks.url"),
        cell: (w) => <span className="mono text-sm">{w.url}</span>,
        width: "minmax(240px, 2fr)",
      },
      { id: "label", head: t("hooks.label"), cell: (w) => w.label, width: "minmax(120px, 1fr)" },
      { id: "events", head: t("hooks.events"), cell: (w) => w.events.length, number: true, width: "80px" },
      { id: "last", head: t("hooks.last"), cell: (w) => (w.last_at ? <Ago at={w.last_at} /> : "–"), width: "110px" },
      { id: "state", head: t("hooks.state"), cell: (w) => <Health hook={w} />, width: "190px" },
    ],
    [t],
  );
  return (
    <div className={`listpage${hook ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.webhooks")}</h1>
          <span className="sp" />
          <Export list="exports/webhooks" />
          <Button kind="primary" onClick={() => setMaking(true)}>
            {t("hooks.make")}
          </Button>
        </div>
        <Table
          label={t("page.webhooks")}
          columns={columns}
          rows={rows}
          rowKey={(w) => w.id}
          current={open}
          onOpen={(w) => setOpen(w.id)}
          tone={(w) => (w.stopped ? "f" : w.failing_since ? "w" : undefined)}
          empty={<Empty why={t("hooks.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {hook && <HookPanel key={hook.id} hook={hook} onClose={() => setOpen("")} />}
      {making && <Make onClose={() => setMaking(false)} />}
    </div>
  );
}

function Health({ hook }: { hook: Webhook }) {
  const t = useT();
  if (hook.stopped) return <span className="tf">{t("hooks.stopped")}</span>;
  if (!hook.active) return <span className="t3">{t("hooks.off")}</span>;
  if (hook.failing_since) return <span className="tw">{t("hooks.failing", { at: moment(hook.failing_since) })}</span>;
  return <>{hook.last_status === null ? t("hooks.unused") : t("hooks.well", { status: hook.last_status })}</>;
}

function EventChoice({
  draft,
  onChange,
  at,
}: {
  draft: Draft;
  onChange: (d: Draft) => void;
  at: (f: string) => string;
}) {
  const t = useT();
  const kinds = useQuery({
    queryKey: ["/webhook-events"],
    queryFn: ({ signal }) => get<Page<{ name: string; about: string }>>("/webhook-events", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="grid gap-3">
      <TextField
        label={t("hooks.url")}
        help={t("hooks.urlHelp")}
        type="url"
        required
        mono
        value={draft.url}
        onChange={(url) => onChange({ ...draft, url })}
        error={at("url")}
      />
      <TextField
        label={t("hooks.label")}
        value={draft.label}
        onChange={(label) => onChange({ ...draft, label })}
        error={at("label")}
      />
      <fieldset className="field">
        <legend className="label">{t("hooks.events")}</legend>
        <Loaded of={kinds}>
          {(d) => (
            <div className="grid gap-1">
              {d.items.map((e) => (
                <Check
                  key={e.name}
                  label={<span className="mono text-sm">{e.name}</span>}
                  help={e.about}
                  checked={draft.events.includes(e.name)}
                  onChange={(on) =>
                    onChange({
                      ...draft,
                      events: on ? [...draft.events, e.name] : draft.events.filter((x) => x !== e.name),
                    })
                  }
                />
              ))}
            </div>
          )}
        </Loaded>
      </fieldset>
    </div>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [draft, setDraft] = useState<Draft>({ url: "", events: [], label: "" });
  const [secret, setSecret] = useState("");
  const make = () =>
    deed.run(async () => {
      setSecret((await post<{ secret: string }>("/webhooks", draft)).secret);
      await cache.invalidateQueries({ queryKey: ["/webhooks"] });
    });
  return (
    <Dialog
      title={t("hooks.make")}
      open
      onClose={onClose}
      footer={
        secret ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} disabled={draft.events.length === 0} onClick={make}>
              {t("hooks.make")}
            </Button>
          </>
        )
      }
    >
      {secret ? (
        <Secret text={secret} note={t("hooks.once")} />
      ) : (
        <>
          <EventChoice draft={draft} onChange={setDraft} at={deed.at} />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
        </>
      )}
    </Dialog>
  );
}

function HookPanel({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [draft, setDraft] = useState<Draft>({ url: hook.url, events: hook.events, label: hook.label });
  const [active, setActive] = useState(hook.active);
  const [removing, setRemoving] = useState(false);
  const path = `/webhooks/${seg(hook.id)}`;
  const renew = () => cache.invalidateQueries({ queryKey: ["/webhooks"] });
  const save = () => deed.run(() => put(path, { ...draft, active })).then(renew);
  const test = () => deed.run(() => post(`${path}/test`, {})).then(renew);
  return (
    <SidePanel title={hook.label || hook.url} onClose={onClose}>
      <div className="grid gap-3 p-4">
        {hook.stopped && <Note>{t("hooks.why", { why: hook.stopped })}</Note>}
        <Switch label={t("hooks.active")} checked={active} onChange={setActive} />
        <EventChoice draft={draft} onChange={setDraft} at={deed.at} />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p className="flex flex-wrap gap-3">
          <Button kind="primary" busy={deed.busy} onClick={save}>
            {t("hooks.save")}
          </Button>
          <Button busy={deed.busy} onClick={test}>
            {t("hooks.test")}
          </Button>
          <Button kind="danger" onClick={() => setRemoving(true)}>
            {t("hooks.remove")}
          </Button>
        </p>
        <Deliveries path={path} />
      </div>
      <ConfirmByConsequence
        title={t("hooks.remove")}
        open={removing}
        onClose={() => setRemoving(false)}
        consequence={t("hooks.removeThen")}
        deed={t("hooks.remove")}
        act={async () => {
          await del(path);
          await renew();
          onClose();
        }}
      />
    </SidePanel>
  );
}

function Deliveries({ path }: { path: string }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const q = useQuery({
    queryKey: ["/webhooks", path, "deliveries"],
    queryFn: ({ signal }) => get<Page<Delivery>>(`${path}/deliveries`, { limit: 50 }, signal),
  });
  const replay = async (d: Delivery) => {
    if (await deed.run(() => post(`${path}/deliveries/${seg(d.id)}/replay`, {})))
      await cache.invalidateQueries({ queryKey: ["/webhooks"] });
  };
  return (
    <section>
      <div className="flex items-center gap-3 mb-2">
        <h3 className="font-semi">{t("hooks.deliveries")}</h3>
        <Button small onClick={() => void q.refetch()}>
          {t("hooks.look")}
        </Button>
      </div>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("hooks.noDeliveries")} />
          ) : (
            <ul className="grid gap-3">
              {d.items.map((x) => (
                <li key={x.id} className="border-t border-line pt-2">
                  <p className="flex gap-2 items-baseline">
                    <span className="t3">{`${day(x.at)} ${clock(x.at)}`}</span>
                    <span className="mono text-sm grow">{x.event}</span>
                    <span className={{ pending: "t2", delivered: "", failed: "tf" }[x.state]}>
                      {t(`hooks.states.${x.state}`)}
                    </span>
                  </p>
                  <p className="flex gap-3 items-center text-sm t2">
                    <span className="grow">
                      {t("hooks.attempts", { count: x.attempt })}
                      {x.status !== null &&
                        `, ${x.status === 0 ? t("hooks.noAnswer") : x.status}, ${num(x.latency_ms)} ms`}
                      {x.next_at && `, ${t("hooks.next", { at: clock(x.next_at) })}`}
                    </span>
                    <Button small onClick={() => replay(x)}>
                      {t("hooks.replay")}
                    </Button>
                  </p>
                  {x.response && <p className="mono text-xs break-all">{x.response.slice(0, 200)}</p>}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
}
