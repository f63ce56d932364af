import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Tariffs() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.tariffs")}</h1>
    </Plate>
  );
}
