import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { money } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, Note } from "#shared/parts";
import { Ask } from "./ask";
import { GiveBackDialog } from "./give-back";
import type { Case, Place } from "./types";

type Deed = "stop" | "unlock" | "reset" | "free_start";

interface Outcome {
  status: string;
  word?: string;
  reason?: string;
}

/** What somebody at the desk can have a charger do. */
export function PlaceDeeds({ at, session, open }: { at: Place; session?: string; open?: boolean }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [asking, setAsking] = useState<Deed | "">("");
  const [said, setSaid] = useState<{ deed: Deed; outcome: Outcome } | null>(null);
  if (!me.may("desk")) return null;
  const busy = open === true || at.charging;
  const deeds: Deed[] = [...(session && open ? (["stop"] as const) : []), "unlock", "free_start", "reset"];
  const where = `${at.station_id} EVSE ${at.evse_id}`;
  return (
    <div className="grid gap-2">
      {!at.connected && <p className="tw">{t("desk.offline")}</p>}
      <div className="flex flex-wrap gap-2">
        {deeds.map((d) => (
          <Button
            key={d}
            kind={d === "stop" || d === "reset" ? "danger" : undefined}
            disabled={!at.connected || (d === "free_start" && busy)}
            onClick={() => setAsking(d)}
          >
            {t(`desk.deed.${d}`)}
          </Button>
        ))}
      </div>
      {busy && at.connected && <p className="t3 text-sm">{t("desk.busy")}</p>}
      {said && (
        <p role="status" className={accepted(said.outcome) ? "" : "tf"}>
          {t(accepted(said.outcome) ? "desk.taken" : "desk.refused", {
            deed: t(`desk.deed.${said.deed}`),
            word: [said.outcome.word || said.outcome.status, said.outcome.reason].filter(Boolean).join(": "),
          })}
        </p>
      )}
      {asking && (
        <Ask
          title={t(`desk.ask.${asking}`, { where })}
          deed={t(`desk.do.${asking}`)}
          then={t(`desk.then.${asking}`)}
          danger={asking === "stop" || asking === "reset"}
          onClose={() => setAsking("")}
          act={async (reason) => {
            const outcome = await post<Outcome>(`/support/stations/${seg(at.station_id)}/deeds`, {
              deed: asking,
              reason,
              ...(asking === "stop" ? { session_id: session } : {}),
              ...(asking === "unlock" || asking === "free_start" ? { evse_id: at.evse_id } : {}),
            });
            setSaid({ deed: asking, outcome });
            await cache.invalidateQueries({ queryKey: ["/support"] });
          }}
        />
      )}
    </div>
  );
}

const accepted = (o: Outcome) => ["accepted", "scheduled", "reboot_required"].includes(o.status);

/** What may be given back, and why not more. */
export function MoneyDeeds({ of }: { of: Case }) {
  const t = useT();
  const me = useMe();
  const [open, setOpen] = useState(false);
  const g = of.give_back;
  if (!g) return <p className="t3">{t(of.session.state === "closed" ? "desk.noReceipt" : "desk.notYet")}</p>;
  if (g.left.amount_minor === 0) return <p className="t3">{t("desk.nothingLeft")}</p>;
  if (!me.may("goodwill")) return <p className="t3">{t("desk.mayNot")}</p>;
  const none = g.limit !== null && g.limit.amount_minor === 0;
  return (
    <div className="grid gap-2">
      <p className="t2">
        {g.limit && g.limit.amount_minor < g.left.amount_minor
          ? t("desk.limited", { limit: money(g.limit), left: money(g.left) })
          : t("desk.unlimited", { left: money(g.left) })}
      </p>
      {none && <Note>{t("desk.limitedNext")}</Note>}
      <p>
        <Button disabled={none} onClick={() => setOpen(true)}>
          {t("desk.give")}
        </Button>
      </p>
      {open && <GiveBackDialog of={g} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** Blocks the card that was used, or lets it charge again. */
export function TokenDeeds({ of }: { of: Case }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [open, setOpen] = useState(false);
  const k = of.token;
  if (!k) return null;
  const block = k.status !== "blocked";
  return (
    <div className="grid gap-2">
      <p>
        <span className="mono">{k.uid}</span>{" "}
        <span className={block ? "t3" : "tw"}>{t(`tokens.states.${k.status}`)}</span>
      </p>
      {me.may("drivers") && (
        <p>
          <Button kind={block ? "danger" : undefined} onClick={() => setOpen(true)}>
            {t(block ? "desk.block" : "desk.unblock")}
          </Button>
        </p>
      )}
      {open && (
        <Ask
          title={t(block ? "desk.blockTitle" : "desk.unblockTitle", { token: k.uid })}
          deed={t(block ? "desk.block" : "desk.unblock")}
          then={t(block ? "desk.blockThen" : "desk.unblockThen")}
          danger={block}
          onClose={() => setOpen(false)}
          act={async (reason) => {
            await post(`/support/cases/${seg(of.session.id)}/token`, {
              status: block ? "blocked" : "accepted",
              reason,
            });
            await cache.invalidateQueries({ queryKey: ["/support"] });
            await cache.invalidateQueries({ queryKey: ["/tokens"] });
          }}
        />
      )}
    </div>
  );
}
