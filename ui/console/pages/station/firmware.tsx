import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { Button, Pair, Pairs, Plate } from "#shared/parts";
import type { TabProps } from "../station";
import { Notices } from "./notices";

const actions = [
  "FirmwareStatusNotification",
  "SignedFirmwareStatusNotification",
  "PublishFirmwareStatusNotification",
] as const;

/** The firmware that runs, the update, and how it goes on in the station's own words. */
export default function Firmware({ station, zone, ask }: TabProps) {
  const t = useT();
  const me = useMe();
  const d = station.device;
  return (
    <>
      <Plate
        title={t("station.tab.firmware")}
        actions={
          me.may("stations") && (
            <Button disabled={!station.connected} onClick={() => ask("update_firmware")}>
              {t("command.kind.update_firmware")}
            </Button>
          )
        }
      >
        <Pairs>
          <Pair name={t("station.runs")}>{d?.firmware || "–"}</Pair>
          <Pair name={t("stations.model")}>{[d?.vendor, d?.model].filter(Boolean).join(" ") || "–"}</Pair>
        </Pairs>
      </Plate>
      <Plate title={t("station.progress")} note={t("station.ownWords")}>
        <Notices station={station.id} actions={actions} zone={zone} none={t("station.noFirmware")} />
      </Plate>
    </>
  );
}
