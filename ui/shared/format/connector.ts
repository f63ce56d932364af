/** Connector standards as OCPI names them, and how people call them. */
export const standards = new Map(
  Object.entries({
    IEC_62196_T1: "Type 1",
    IEC_62196_T1_COMBO: "CCS 1",
    IEC_62196_T2: "Type 2",
    IEC_62196_T2_COMBO: "CCS",
    CHADEMO: "CHAdeMO",
    SAE_J3400: "NACS",
    TESLA_S: "Tesla",
    TESLA_R: "Tesla Roadster",
    GBT_AC: "GB/T AC",
    GBT_DC: "GB/T DC",
    MCS: "MCS",
    CHAOJI: "ChaoJi",
    DOMESTIC_E: "Type E",
    DOMESTIC_F: "Schuko",
    DOMESTIC_G: "BS 1363",
    IEC_60309_2_single_16: "CEE blue",
    IEC_60309_2_three_16: "CEE 16 A",
    IEC_60309_2_three_32: "CEE 32 A",
    IEC_60309_2_three_64: "CEE 64 A",
  }),
);

/** How people call a connector; a standard nobody knows is spelled out. */
export function connectorWord(standard: string): string {
  return standards.get(standard) ?? standard.replaceAll("_", " ").trim();
}

/** The words of several connectors, each once, in the order given. */
export function connectorWords(all: readonly string[]): string[] {
  return [...new Set(all.filter((s) => s !== "").map(connectorWord))];
}
