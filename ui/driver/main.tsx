import words from "virtual:locales/driver";
import { boot } from "../shared/boot";
import "./install";
import { router } from "./routes";
import "../shared/styles/fonts-driver.css";
import "../shared/styles/base.css";
import "./driver.css";

void boot(words, router);

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  addEventListener(
    "load",
    () => void navigator.serviceWorker.register("/app/sw.js", { scope: "/app" }).catch(() => {}),
  );
}
