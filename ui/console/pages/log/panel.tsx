import { useState } from "react";
import { ApiProblem, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, ConfirmByConsequence, Note, Pair, Pairs, ProblemBox, SidePanel } from "#shared/parts";
import { JsonTree } from "./json-tree";
import { latency } from "./latency";
import { curlOf, errorText, findingsOf, frames, type Message, outcomeOf } from "./logic";

/** One exchange: what was asked, what was answered, what was wrong with it. */
export function MessagePanel({ of: m, onClose }: { of: Message; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const [reply, setReply] = useState<{ answer?: unknown; error?: unknown } | null>(null);
  const findings = findingsOf(m);
  const outcome = outcomeOf(m);
  const resend = async () => {
    try {
      setReply({ answer: await post(`/stations/${seg(m.station_id)}/ocpp/${seg(m.action)}`, m.request ?? {}) });
    } catch (e) {
      if (!(e instanceof ApiProblem) || e.status !== 502) throw e;
      setReply({ error: e });
    }
  };
  return (
    <SidePanel
      title={m.action}
      onClose={onClose}
      footer={
        m.from_us && me.may("stations") ? (
          <Button kind="danger" onClick={() => setAsking(true)}>
            {t("log.again")}
          </Button>
        ) : undefined
      }
    >
      <Pairs>
        <Pair name={t("log.station")}>
          <A className="lk" href={`/stations/${seg(m.station_id)}`}>
            {m.station_id}
          </A>
        </Pair>
        <Pair name={t("log.at")}>{moment(m.at)}</Pair>
        <Pair name={t("log.direction")}>{t(m.from_us ? "log.out" : "log.in")}</Pair>
        <Pair name={t("log.latency")}>{outcome === "silent" ? "–" : latency(m.latency_us)}</Pair>
      </Pairs>
      <p className="t2">
        {t("log.messageId")} <span className="mono break-all">{m.message_id}</span>
      </p>
      <p className="flex flex-wrap gap-2 mt-2">
        <Copy label={t("log.copyFrames")} text={frames(m)} />
        {m.from_us && <Copy label={t("log.copyCurl")} text={curlOf(m, location.origin)} />}
      </p>
      {findings.length > 0 && (
        <Note>
          <b>{t("log.findings")}</b>
          <ul>
            {findings.map((f, i) => (
              <li key={i} className="mono text-xs break-all">
                {f}
              </li>
            ))}
          </ul>
        </Note>
      )}
      <h3>{t("log.request")}</h3>
      <div className="overflow-x-auto">
        <JsonTree value={m.request} open={4} />
      </div>
      <h3>{t("log.answer")}</h3>
      {outcome === "ok" ? (
        m.response === undefined ? (
          <p className="t3">{t("log.noAnswer")}</p>
        ) : (
          <div className="overflow-x-auto">
            <JsonTree value={m.response} open={4} />
          </div>
        )
      ) : (
        <>
          <p className="tf">{outcome === "error" ? t("log.refused") : t("log.silent")}</p>
          <p className="mono break-all">{`“${errorText(m)}”`}</p>
          {m.error !== undefined && <JsonTree value={m.error} open={3} />}
        </>
      )}
      {reply && (
        <div aria-live="polite">
          <h3>{t("log.newAnswer")}</h3>
          {reply.error ? <ProblemBox error={reply.error} /> : <JsonTree value={reply.answer} open={4} />}
        </div>
      )}
      <ConfirmByConsequence
        title={t("log.againTitle", { action: m.action, station: m.station_id })}
        open={asking}
        onClose={() => setAsking(false)}
        consequence={t("log.againThen", { action: m.action, station: m.station_id })}
        deed={t("log.againDeed", { action: m.action })}
        act={resend}
      />
    </SidePanel>
  );
}

function Copy({ label, text }: { label: string; text: string }) {
  const t = useT();
  const [done, setDone] = useState<"" | "yes" | "no">("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("yes");
    } catch {
      setDone("no");
    }
    setTimeout(() => setDone(""), 3_000);
  };
  return (
    <Button small icon="copy" onClick={copy}>
      <span aria-live="polite">{done === "yes" ? t("log.copied") : done === "no" ? t("log.notCopied") : label}</span>
    </Button>
  );
}
