import { useQuery } from "@tanstack/react-query";
import { meQuery } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { useConnection } from "#shared/live";
import { Note } from "#shared/parts";

/** Says that what is seen was kept on this device, while the server is not reached. */
export function OfflineNote() {
  const t = useT();
  const state = useConnection();
  const failed = useQuery(meQuery).error !== null;
  if (state === "live" || (state !== "lost" && navigator.onLine && !failed)) return null;
  return (
    <div className="noprint p-4" role="status">
      <Note>{t("shell.kept")}</Note>
    </div>
  );
}
