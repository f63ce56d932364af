const names: Record<string, string> = {
  IEC_62196_T1: "Type 1",
  IEC_62196_T1_COMBO: "CCS 1",
  IEC_62196_T2: "Type 2",
  IEC_62196_T2_COMBO: "CCS 2",
  CHADEMO: "CHAdeMO",
  SAE_J3400: "NACS",
  TESLA_S: "Tesla",
  GBT_AC: "GB/T AC",
  GBT_DC: "GB/T DC",
  DOMESTIC_F: "Schuko",
};

/** What people call a connector that OCPI names. */
export const connectorName = (ocpi: string) => names[ocpi] ?? ocpi.replaceAll("_", " ");
