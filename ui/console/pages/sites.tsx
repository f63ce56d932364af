import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Sites() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.sites")}</h1>
    </Plate>
  );
}
