import { address, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Button, ButtonLink, Empty, Plate } from "#shared/parts";
import type { TabProps } from "../station";
import "./label.css";

/** The labels to stick on a station: a code to scan and a number to type for each EVSE. Printed alone. */
export default function Label({ station }: TabProps) {
  const t = useT();
  return (
    <Plate
      className="labels"
      title={t("station.tab.label")}
      note={t("station.labelNote")}
      actions={
        station.evses.length > 0 && (
          <>
            <ButtonLink href={`/labels?site=${seg(station.site_id)}&station=${seg(station.id)}`}>
              {t("station.labelSheet")}
            </ButtonLink>
            <Button kind="primary" onClick={() => print()}>
              {t("station.print")}
            </Button>
          </>
        )
      }
    >
      {station.evses.length === 0 ? (
        <Empty why={t("station.noEvses")}>
          <p className="t3">{t("station.noEvsesNext")}</p>
        </Empty>
      ) : (
        <ul className="flex flex-wrap gap-4">
          {station.evses.map((e) => {
            const src = address(`/stations/${seg(station.id)}/label.svg`, { evse: e.evse_id });
            return (
              <li key={e.evse_id} className="grid gap-1">
                <img
                  src={src}
                  width={320}
                  height={200}
                  className="border border-line max-w-full h-auto"
                  alt={t("station.labelAlt", { evse: e.evse_id, id: e.contract_id, number: e.number })}
                />
                <p className="noprint flex flex-wrap gap-3 items-baseline">
                  <b>EVSE {e.evse_id}</b>
                  <span className="mono">{e.contract_id || "–"}</span>
                  <span className="mono">{e.number || "–"}</span>
                  <ButtonLink small href={src} download={`${station.id}-${e.evse_id}.svg`}>
                    SVG
                  </ButtonLink>
                </p>
              </li>
            );
          })}
        </ul>
      )}
    </Plate>
  );
}
