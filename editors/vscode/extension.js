// Starts `sayso lsp` and connects the editor with it. There is nothing to build.
// @ts-check
"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const languages = ["sayso-flow", "sayso-grammar", "sayso-chat"];

/** @type {LanguageClient | undefined} */
let client;

exports.activate = async function activate() {
  const command = workspace.getConfiguration("sayso").get("path", "sayso");
  const documentSelector = [
    ...languages.map((language) => ({ scheme: "file", language })),
    { scheme: "file", pattern: "**/sayso.toml" },
  ];
  client = new LanguageClient("sayso", "sayso", { command, args: ["lsp"] }, { documentSelector });
  await client.start();
};

exports.deactivate = function deactivate() {
  return client?.stop();
};
