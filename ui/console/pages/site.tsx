import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Site() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.site")}</h1>
    </Plate>
  );
}
