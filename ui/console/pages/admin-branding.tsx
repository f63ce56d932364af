import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, put } from "#shared/api/client";
import { languageName, useT } from "#shared/i18n";
import { Button, Check, Loaded, Plate, Plates, ProblemBox, TextField } from "#shared/parts";
import { useDeed } from "./admin/form";

interface Brand {
  name: string;
  helpline: string;
  email: string;
  imprint_url: string;
  privacy_url: string;
  languages: string[];
  logo_url: string | null;
  guests_url: string | null;
}

export default function Branding() {
  const t = useT();
  const q = useQuery({ queryKey: ["/branding"], queryFn: ({ signal }) => get<Brand>("/branding", {}, signal) });
  return (
    <Plates className="grid-cols-1 md:grid-cols-2">
      <Plate className="col-span-full">
        <h1>{t("page.branding")}</h1>
        <p className="t2">{t("brand.about")}</p>
      </Plate>
      <Loaded of={q}>{(d) => <Form brand={d} />}</Loaded>
    </Plates>
  );
}

const logoLimit = 32 * 1024;

function Form({ brand }: { brand: Brand }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState(brand);
  const [logo, setLogo] = useState<string | null>(null); // null: as it is; "": none
  const [large, setLarge] = useState(false);
  const [saved, setSaved] = useState(false);
  const change = (k: "name" | "helpline" | "email" | "imprint_url" | "privacy_url") => (x: string) =>
    set({ ...v, [k]: x });
  const read = async (file: File | undefined) => {
    setLarge(false);
    if (!file) return;
    if (file.size > logoLimit) {
      setLarge(true);
      return;
    }
    setLogo(await dataURI(file));
  };
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setSaved(false);
    const { logo_url: _, guests_url: __, ...body } = v;
    const done = await deed.run(async () => {
      const now = await put<Brand>("/branding", logo === null ? body : { ...body, logo });
      cache.setQueryData(["/branding"], now);
      set(now);
      setLogo(null);
    });
    setSaved(done);
    await cache.invalidateQueries({ queryKey: ["/branding"] });
  };
  const shown = logo === null ? brand.logo_url : logo;
  return (
    <>
      <Plate title={t("brand.who")}>
        <form className="grid gap-3" onSubmit={save}>
          <TextField
            label={t("brand.name")}
            required
            value={v.name}
            onChange={change("name")}
            error={deed.at("name")}
          />
          <TextField
            label={t("brand.helpline")}
            help={t("brand.helplineHelp")}
            type="tel"
            value={v.helpline}
            onChange={change("helpline")}
            error={deed.at("helpline")}
          />
          <TextField
            label={t("brand.email")}
            type="email"
            value={v.email}
            onChange={change("email")}
            error={deed.at("email")}
          />
          <TextField
            label={t("brand.imprint")}
            type="url"
            value={v.imprint_url}
            onChange={change("imprint_url")}
            error={deed.at("imprint_url")}
          />
          <TextField
            label={t("brand.privacy")}
            type="url"
            value={v.privacy_url}
            onChange={change("privacy_url")}
            error={deed.at("privacy_url")}
          />
          <fieldset className="field">
            <legend className="label">{t("brand.languages")}</legend>
            {["en", "de"].map((l) => (
              <Check
                key={l}
                label={languageName(l)}
                checked={v.languages.includes(l)}
                onChange={(on) =>
                  set({ ...v, languages: on ? [...v.languages, l] : v.languages.filter((x) => x !== l) })
                }
              />
            ))}
          </fieldset>
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
          <p className="flex items-center gap-3">
            <Button kind="primary" type="submit" busy={deed.busy} disabled={v.languages.length === 0}>
              {t("brand.save")}
            </Button>
            <span role="status">{saved && t("brand.saved")}</span>
          </p>
        </form>
      </Plate>
      <Plate title={t("brand.logo")}>
        <p className="t2 mb-2">{t("brand.logoHelp")}</p>
        <label className="btn mb-3">
          {t("brand.choose")}
          <input
            className="vh"
            type="file"
            accept="image/png,image/svg+xml"
            onChange={(e) => void read(e.target.files?.[0])}
          />
        </label>
        {large && <ProblemBox error={new Error(t("brand.large"))} />}
        {shown ? (
          <>
            <div className="grid grid-cols-2 gap-px bg-line mb-3">
              {(["light", "dark"] as const).map((theme) => (
                <div
                  key={theme}
                  data-theme={theme}
                  className={`p-4 grid place-items-center ${theme}`}
                  style={{ background: theme === "dark" ? "#141b19" : "#f4f7f4" }}
                >
                  <img src={shown} alt={t(`brand.on.${theme}`)} style={{ maxHeight: 64, maxWidth: "100%" }} />
                </div>
              ))}
            </div>
            <Button kind="danger" onClick={() => setLogo("")}>
              {t("brand.noLogo")}
            </Button>
          </>
        ) : (
          <p className="t3">{t("brand.none", { name: v.name })}</p>
        )}
        {logo !== null && <p className="tw mt-2">{t("brand.unsaved")}</p>}
      </Plate>
    </>
  );
}

const dataURI = (file: File) =>
  new Promise<string>((done, failed) => {
    const r = new FileReader();
    r.onload = () => done(String(r.result));
    r.onerror = () => failed(r.error);
    r.readAsDataURL(file);
  });
