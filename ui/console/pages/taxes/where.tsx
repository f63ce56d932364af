import { useT } from "#shared/i18n";
import { TextField } from "#shared/parts";

/** The country, and the region in it, where a tax or a registration holds. */
export function Where({
  of,
  onChange,
  at,
}: {
  of: { country: string; region: string };
  onChange: (change: { country?: string; region?: string }) => void;
  /** The problem of a member. */
  at: (member: string) => string;
}) {
  const t = useT();
  return (
    <div className="grid grid-cols-2 gap-3">
      <TextField
        label={t("taxes.country")}
        required
        maxLength={2}
        value={of.country}
        onChange={(country) => onChange({ country })}
        error={at("country")}
      />
      <TextField
        label={t("taxes.region")}
        help={t("taxes.regionHelp")}
        value={of.region}
        onChange={(region) => onChange({ region })}
        error={at("region")}
      />
    </div>
  );
}
