import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Jobs() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.jobs")}</h1>
    </Plate>
  );
}
