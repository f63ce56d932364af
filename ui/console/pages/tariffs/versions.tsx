import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { del, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, ButtonLink, ConfirmByConsequence, Loaded, ZoneNote } from "#shared/parts";
import { useVersions, type Version } from "./data";

const tones = { planned: "tp", current: "te", past: "t3" } as const;

/** The versions of a tariff, the last to hold first; a planned one can be taken back. */
export function Versions({ id, chosen }: { id: string; chosen: string }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const q = useVersions(id);
  const [back, setBack] = useState<Version | null>(null);
  return (
    <>
      <Loaded of={q}>
        {(d) => (
          <ul aria-label={t("tariffs.versions")}>
            {d.items.map((v) => {
              const here = chosen === v.version || (chosen === "" && v.current);
              return (
                <li
                  key={`${v.version} ${v.from}`}
                  className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line py-1"
                >
                  <span className="mono">{v.version.slice(0, 8)}</span>
                  <span className="grow min-w-0">
                    {v.from ? t("offers.period.from", { from: moment(v.from) }) : t("offers.period.ever")}
                    <span className="block t3 text-sm">
                      {t(v.state === "planned" ? "offers.plannedAt" : "offers.publishedAt", {
                        at: moment(v.created_at),
                      })}
                    </span>
                  </span>
                  <span className={tones[v.state]}>{t(`offers.version.${v.state}`)}</span>
                  <span className="flex gap-1">
                    {!here && (
                      <ButtonLink small href={`/tariffs/${seg(id)}${v.current ? "" : `?version=${seg(v.version)}`}`}>
                        {t("tariffs.read")}
                      </ButtonLink>
                    )}
                    {v.state === "planned" && me.may("money") && (
                      <Button small onClick={() => setBack(v)}>
                        {t("offers.takeBack")}
                      </Button>
                    )}
                  </span>
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
      <p className="t3 text-sm mt-2">
        {t("tariffs.versionsNote")} <ZoneNote zone={ownZone()} />
      </p>
      {back && (
        <ConfirmByConsequence
          title={t("offers.takeBackTitle", { version: back.version.slice(0, 8) })}
          open
          onClose={() => setBack(null)}
          consequence={t("offers.takeBackThen", { from: moment(back.from) })}
          deed={t("offers.takeBack")}
          act={async () => {
            await del(`/tariffs/${seg(id)}/planned`, { from: back.from });
            await cache.invalidateQueries({ queryKey: ["/tariffs"] });
          }}
        />
      )}
    </>
  );
}
