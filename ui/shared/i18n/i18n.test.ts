import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gather, languages } from "../../tools/locales";
import { has, t, use } from ".";

describe("words", () => {
  it("fills in values, chooses the plural, and shows a key it does not know", () => {
    use("en", { a: { b: "{{n}} of {{ n }}, {{other}}", c_one: "{{count}} row", c_other: "{{count}} rows" } });
    expect(t("a.b", { n: "<b>" })).toBe("<b> of <b>, {{other}}");
    expect([t("a.c", { count: 1 }), t("a.c", { count: 0 })]).toEqual(["1 row", "0 rows"]);
    expect([t("a"), t("a.x"), t("a.b.c")]).toEqual(["a", "a.x", "a.b.c"]);
    expect([has("a.b"), has("a"), has("x")]).toEqual([true, false, false]);
  });

  it("falls back to the common form in languages with more of them", () => {
    use("pl", { c_one: "jeden", c_other: "wiele" });
    expect(t("c", { count: 3 })).toBe("wiele");
    use("en", {});
  });

  it("finds every language of a face; one that lacks words takes the English ones", () => {
    const root = join(import.meta.dirname, "../..");
    expect(languages(root, "console")).toEqual(expect.arrayContaining(["de", "en"]));
    const en = gather(root, "console", "en");
    expect(Object.keys(gather(root, "console", "xx")).sort()).toEqual(Object.keys(en).sort());
    expect(JSON.stringify(gather(root, "driver", "en"))).not.toContain('"alarm"');
  });
});
