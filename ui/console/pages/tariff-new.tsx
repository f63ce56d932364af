import { useState } from "react";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { Empty, Plate, Radios } from "#shared/parts";
import { Editor } from "./tariffs/edit/editor";
import { type Template, templates } from "./tariffs/edit/model";

/** A new tariff, begun with a template. */
export default function TariffNewPage() {
  const t = useT();
  const me = useMe();
  const [from, setFrom] = useState<Template>("flat");
  if (!me.may("money"))
    return (
      <Plate>
        <h1>{t("page.tariff")}</h1>
        <Empty why={t("problem.denied")} />
      </Plate>
    );
  return (
    <Editor key={from} id="" name="" sentence="" tag="" from={templates[from]}>
      <Radios
        label={t("tedit.template")}
        value={from}
        onChange={(v) => setFrom(v as Template)}
        options={(Object.keys(templates) as Template[]).map((k) => ({ value: k, label: t(`tedit.templates.${k}`) }))}
      />
    </Editor>
  );
}
