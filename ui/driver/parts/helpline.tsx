import { useQuery } from "@tanstack/react-query";
import { configQuery } from "../data";
import { telLink } from "../logic/link";

/** The operator's helpline: as written, and as a link; null without one. */
export function useHelpline(): { phone: string; href: string } | null {
  const phone = useQuery(configQuery).data?.brand.helpline ?? "";
  const href = telLink(phone);
  return href ? { phone, href } : null;
}
