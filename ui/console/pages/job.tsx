import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Job() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.job")}</h1>
    </Plate>
  );
}
