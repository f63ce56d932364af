import { useT } from "#shared/i18n";
import { Plate } from "#shared/parts";

export default function Onboarding() {
  const t = useT();
  return (
    <Plate className="h-full">
      <h1>{t("page.onboarding")}</h1>
    </Plate>
  );
}
