import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { get, type Page, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { duration } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { Button, ButtonLink, Icon, Note, Plate, ProblemBox } from "#shared/parts";
import { useDeed } from "../admin/form";
import { useLive, useStation } from "../station/panel";
import type { Setting } from "../station/types";
import { type Checked, checksOf, type Timed } from "./checks";

/** What has to come true of a new station; ticks itself as the station speaks. */
export function Checklist({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const station = useStation(id);
  const now = useLive(id);
  const settings = useQuery(
    live([`station:${id}`], {
      queryKey: ["/stations", id, "settings", "all"],
      queryFn: ({ signal }: { signal: AbortSignal }) => allSettings(id, signal),
    }),
  );
  const messages = useQuery(
    live(
      [`station:${id}`],
      {
        queryKey: ["/stations", id, "messages", "clock"],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<Page<Timed>>(`/stations/${seg(id)}/messages`, { limit: 50 }, signal),
      },
      3_000,
    ),
  );
  const checks = checksOf(station.data, now.data, settings.data ?? [], messages.data?.items ?? []);
  const done = checks.filter((c) => c.state === "done").length;
  const connected = checks[0]?.state === "done";
  return (
    <Plate
      title={t("onboard.check", { id })}
      note={t("onboard.checked", { n: done, all: checks.length })}
      actions={
        <Button small onClick={onClose}>
          {t("onboard.doneHere")}
        </Button>
      }
    >
      {station.error && <ProblemBox error={station.error} retry={() => void station.refetch()} />}
      <ol className="grid gap-1.5" aria-live="polite">
        {checks.map((c) => (
          <Row key={c.id} of={c} id={id} />
        ))}
      </ol>
      {connected && me.may("stations") && <AskStation id={id} protocol={station.data?.protocol ?? ""} />}
      <p className="flex flex-wrap gap-2 mt-3">
        <ButtonLink kind={done === checks.length ? "primary" : "normal"} href={`/stations/${seg(id)}`}>
          {t("onboard.open")}
        </ButtonLink>
        <ButtonLink href={`/stations/${seg(id)}?tab=label`}>{t("onboard.label")}</ButtonLink>
      </p>
    </Plate>
  );
}

/** All settings of a station, page by page; bounded by what the server keeps. */
export async function allSettings(id: string, signal?: AbortSignal): Promise<Setting[]> {
  const out: Setting[] = [];
  let cursor = "";
  do {
    const page = await get<Page<Setting>>(`/stations/${seg(id)}/settings`, { limit: 200, cursor }, signal);
    out.push(...page.items);
    cursor = page.next ?? "";
  } while (cursor && out.length < 5_000);
  return out;
}

const marks = { done: ["ok", "te"], open: ["unknown", "t3"], bad: ["p1", "tf"] } as const;

function Row({ of: c, id }: { of: Checked; id: string }) {
  const t = useT();
  const [icon, tone] = marks[c.state];
  const detail = c.id === "clock" && typeof c.detail === "number" ? duration(c.detail) : (c.detail ?? "");
  return (
    <li className="flex gap-2 items-start">
      <span className={`${tone} pt-[3px]`}>
        <Icon name={icon} size={14} label={t(`onboard.checkState.${c.state}`)} />
      </span>
      <span className="min-w-0">
        <span className={c.state === "open" ? "t2" : ""}>{t(`onboard.is.${c.id}.${c.state}`, { detail })}</span>
        {c.state !== "done" && <Next of={c} id={id} />}
      </span>
    </li>
  );
}

/** What to do about a check that is not done. */
function Next({ of: c, id }: { of: Checked; id: string }) {
  const t = useT();
  const link = (href: string, words: ReactNode) => (
    <>
      {" "}
      <A className="lk" href={href}>
        {words}
      </A>
    </>
  );
  if (c.id === "tariff") return link("/tariffs", t("onboard.assign"));
  if (c.id === "meter" && c.state === "bad")
    return link(`/stations/${seg(id)}?tab=config&q=interval`, t("station.tab.config"));
  if (c.id === "connected") return link(`/stations/${seg(id)}?tab=connection`, t("station.tab.connection"));
  if (c.id === "evses" && c.state === "bad") return link(`/stations/${seg(id)}`, t("onboard.open"));
  return null;
}

/** Has the station tell its status and its settings again, so that the list can be ticked. */
function AskStation({ id, protocol }: { id: string; protocol: string }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [asked, setAsked] = useState(false);
  const ask = () =>
    deed.run(async () => {
      const path = `/stations/${seg(id)}/commands`;
      await post(`${path}/trigger`, { what: "status" });
      await post(`${path}/report_settings`, protocol === "1.6" ? {} : { base: "full" });
      setAsked(true);
      await cache.invalidateQueries({ queryKey: ["/stations", id] });
    });
  return (
    <div className="mt-2 grid gap-2">
      <p>
        <Button busy={deed.busy} onClick={() => void ask()}>
          {t("onboard.askNow")}
        </Button>
      </p>
      {asked && <p className="t3">{t("onboard.asked")}</p>}
      {deed.failed !== null && (
        <>
          <ProblemBox error={deed.failed} />
          <Note>{t("onboard.askFailed")}</Note>
        </>
      )}
    </div>
  );
}
