import words from "virtual:locales/console";
import { boot } from "../shared/boot";
import { router } from "./routes";
import "../shared/styles/fonts-console.css";
import "../shared/styles/base.css";
import "./console.css";

void boot(words, router);
