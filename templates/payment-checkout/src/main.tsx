import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Checkout } from "./checkout.tsx";
import { readSettings, type Settings } from "./koma/settings.ts";
import "./styles.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");

let settings: Settings | string;
try {
  settings = readSettings(import.meta.env);
} catch (error) {
  settings = error instanceof Error ? error.message : String(error);
}

createRoot(root).render(
  <StrictMode>
    {typeof settings === "string" ? <p role="alert" className="page-error">{settings}</p> : <Checkout settings={settings} />}
  </StrictMode>,
);
