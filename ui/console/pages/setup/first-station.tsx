import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { get, type Page, post, put, seg } from "#shared/api/client";
import { energy, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { Button, ButtonLink, Icon, Note, ProblemBox, Select, TextField } from "#shared/parts";
import { randomPassword } from "./random";

interface Station {
  id: string;
  connected: boolean;
  boot: string;
  protocol: string;
}
interface Session {
  id: string;
  station_id: string;
  energy_wh: number;
}

/** A simulated station at once, or the operator's own. */
export function FirstStation() {
  const t = useT();
  const [ids, setIds] = useState<string[] | null>(null);
  const [own, setOwn] = useState<{ id: string; password: string } | null>(null);
  const [adding, setAdding] = useState(false);
  const [protocol, setProtocol] = useState("2.0.1");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const simulate = async () => {
    setBusy(true);
    setFailed(null);
    try {
      setIds((await post<{ running: string[] }>("/simulator", { stations: 2, protocol })).running);
    } catch (e) {
      setFailed(e);
    } finally {
      setBusy(false);
    }
  };
  if (own) return <Own id={own.id} password={own.password} />;
  if (ids?.[0]) return <Progress ids={ids} />;
  return (
    <>
      <p className="t2">{t("setup.stationHelp")}</p>
      <Select
        label={t("setup.protocol")}
        value={protocol}
        onChange={setProtocol}
        options={["1.6", "2.0.1", "2.1"].map((v) => ({ value: v, label: `OCPP ${v}` }))}
      />
      {failed !== null && <ProblemBox error={failed} />}
      <Button kind="primary" busy={busy} onClick={simulate}>
        {t("setup.simulate")}
      </Button>
      {adding ? <Announce onDone={setOwn} /> : <Button onClick={() => setAdding(true)}>{t("setup.ownStation")}</Button>}
      <p>
        <A className="lk" href="/">
          {t("setup.skip")}
        </A>
      </p>
    </>
  );
}

function Announce({ onDone }: { onDone: (own: { id: string; password: string }) => void }) {
  const t = useT();
  const [id, setId] = useState("");
  const [failed, setFailed] = useState<unknown>(null);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setFailed(null);
    const password = randomPassword();
    try {
      await put(`/stations/${seg(id.trim())}`, { password });
      onDone({ id: id.trim(), password });
    } catch (x) {
      setFailed(x);
    }
  };
  return (
    <form className="grid gap-3 border-t border-line pt-3" onSubmit={send}>
      <TextField
        label={t("setup.identity")}
        help={t("setup.identityHelp")}
        required
        maxLength={48}
        mono
        value={id}
        onChange={setId}
        autoFocus
      />
      {failed !== null && <ProblemBox error={failed} />}
      <Button type="submit">{t("setup.announce")}</Button>
    </form>
  );
}

const useStation = (id: string) =>
  useQuery(
    live([`station:${id}`], {
      queryKey: ["/stations", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Station>(`/stations/${seg(id)}`, {}, signal),
    }),
  );

function Own({ id, password }: { id: string; password: string }) {
  const t = useT();
  const { data } = useStation(id);
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ocpp`;
  return (
    <>
      <p className="t2">{t("setup.ownHelp")}</p>
      <dl className="grid gap-2 break-all">
        {(["url", "identity", "password"] as const).map((k) => (
          <div key={k}>
            <dt className="t3 text-sm">{t(`setup.own.${k}`)}</dt>
            <dd className="mono select-all">{{ url, identity: id, password }[k]}</dd>
          </div>
        ))}
      </dl>
      <Note>{t("setup.once")}</Note>
      <ol className="grid gap-1" aria-live="polite">
        <Step done={!!data?.connected}>
          {data?.connected ? t("setup.connected", { protocol: data.protocol }) : t("setup.waiting")}
        </Step>
        <Step done={data?.boot === "accepted"}>{t("setup.booted")}</Step>
      </ol>
      <ButtonLink kind={data?.boot === "accepted" ? "primary" : "normal"} href={`/stations/${seg(id)}`}>
        {t("setup.open", { id })}
      </ButtonLink>
    </>
  );
}

/** What the simulated stations have come to, until one charges. */
function Progress({ ids }: { ids: string[] }) {
  const t = useT();
  const first = useStation(ids[0] ?? "");
  const { data: open } = useQuery(
    live(["session", "station"], {
      queryKey: ["/sessions", { open: true }],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<Session>>("/sessions", { open: true, limit: 20 }, signal),
    }),
  );
  const mine = open?.items.filter((s) => ids.includes(s.station_id)) ?? [];
  const charging = mine.find((s) => s.energy_wh > 0);
  const at = charging?.station_id ?? ids[0] ?? "";
  return (
    <>
      <ol className="grid gap-1" aria-live="polite">
        <Step done={!!first.data?.connected}>
          {first.data?.connected ? t("setup.connected", { protocol: first.data.protocol }) : t("setup.connecting")}
        </Step>
        <Step done={first.data?.boot === "accepted"}>{t("setup.booted")}</Step>
        <Step done={mine.length > 0}>{t("setup.plugged")}</Step>
        <Step done={!!charging}>
          {charging ? t("setup.charging", { energy: text(energy(charging.energy_wh)) }) : t("setup.firstEnergy")}
        </Step>
      </ol>
      <ButtonLink kind={charging ? "primary" : "normal"} href={`/stations/${seg(at)}`}>
        {t("setup.open", { id: at })}
      </ButtonLink>
      <p className="t3 text-sm">{t("setup.simulated")}</p>
    </>
  );
}

function Step({ done, children }: { done: boolean; children: ReactNode }) {
  const t = useT();
  return (
    <li className={`flex items-center gap-2 ${done ? "" : "t3"}`}>
      <span className={done ? "te" : ""}>
        <Icon name={done ? "ok" : "unknown"} size={14} />
      </span>
      <span>
        {children}
        <span className="vh">{done ? ` ${t("setup.stepDone")}` : ` ${t("setup.stepOpen")}`}</span>
      </span>
    </li>
  );
}
