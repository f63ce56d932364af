import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { Button, Plate } from "#shared/parts";
import type { TabProps } from "../station";
import { Notices } from "./notices";

const uploads = ["LogStatusNotification", "DiagnosticsStatusNotification"] as const;
const security = ["SecurityEventNotification"] as const;

/** Logs that a station uploads, and the security events it told. */
export default function Logs({ station, zone, ask }: TabProps) {
  const t = useT();
  const me = useMe();
  return (
    <>
      <Plate
        title={t("station.uploads")}
        note={t("station.ownWords")}
        actions={
          me.may("stations") && (
            <span className="flex flex-wrap gap-1.5">
              <Button disabled={!station.connected} onClick={() => ask("get_log", { log: "diagnostics" })}>
                {t("station.getDiagnostics")}
              </Button>
              <Button disabled={!station.connected} onClick={() => ask("get_log", { log: "security" })}>
                {t("station.getSecurity")}
              </Button>
            </span>
          )
        }
      >
        <Notices station={station.id} actions={uploads} zone={zone} none={t("station.noLogs")} />
      </Plate>
      <Plate title={t("station.securityEvents")}>
        <Notices station={station.id} actions={security} zone={zone} none={t("station.noSecurity")} />
      </Plate>
    </>
  );
}
