// Whatever a page of ours does not need is off.

export default (config) => {
  config.setUseGitIgnore(false);
  config.setQuietMode(true);
  return { dir: { input: "in" }, templateFormats: ["11ty.js"], htmlTemplateEngine: false, markdownTemplateEngine: false };
};
