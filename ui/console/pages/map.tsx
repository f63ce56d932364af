import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Map() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.map")}</h1>
    </Plate>
  );
}
