import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Log() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.log")}</h1>
    </Plate>
  );
}
