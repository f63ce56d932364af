import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Tariff() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.tariff")}</h1>
    </Plate>
  );
}
