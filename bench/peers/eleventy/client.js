// The markup of a client's page; [[words]] are put in before Eleventy reads this.

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };
const SPECIAL = /[&<>"']/g;
const text = (value) => value.replace(SPECIAL, (found) => ESCAPED[found]);
const each = (values, render) => values.map(render).join("");

const total = (page) => (sums) => `
<dl class="figures">
<div class="income"><dt>[[Income to date]]</dt><dd>${text(sums.income)}</dd></div>
<div><dt>${page.alone ? "[[Premium]]" : "[[Premiums paid]]"}</dt><dd>${text(sums.premium)}</dd></div>
</dl>`;

const totals = (page) => `
<section class="totals" aria-label="${page.alone ? "[[Income to date]]" : "[[All policies together]]"}">${each(page.totals, total(page))}
</section>`;

const figures = (page, one, policy) => `
<dl class="figures">${page.alone ? "" : `
<div class="income"><dt>[[Income to date]]</dt><dd>${text(policy.income)}</dd></div>
<div><dt>[[Premium]]</dt><dd>${text(policy.premium)}</dd></div>`}${one.next ? `
<div><dt>[[Next observation]]</dt><dd>${text(one.next)}</dd></div>` : ""}
</dl>`;

const latest = ([day, outcome, amount]) => `
<p class="latest ${text(outcome)}">${text(day)}: ${outcome === "accrued" ? `[[a coupon was credited,]] <b>+${text(amount)}</b>` : "[[no coupon; all the income you have is saved.]]"}</p>`;

const outlook = ([band, outcome, amount]) => `
<p data-if="${text(band)}" class="${text(outcome)}">${amount ? `[[If it were observed today: a coupon would be credited,]] <b>+${text(amount)}</b>` : "[[If it were observed today: no coupon; all the income you have is saved.]]"}</p>`;

const outlooks = (policy) => `
<div class="outlook">${each(policy.outlooks, outlook)}
<p data-if="observed">[[The observation is today: what it gave stands above.]]</p>
</div>`;

const row = ([day, outcome, amount]) => `
<tr class="${text(outcome)}"><th scope="row">${text(day)} <span class="outcome">${outcome === "accrued" ? "[[coupon accrued]]" : "[[income saved]]"}</span></th><td class="sum">${text(amount)}</td></tr>`;

const coupons = ({ rows }) => `
<details class="coupons">
<summary>[[Coupons of this policy]] <span class="count">${rows.length}</span></summary>
<table>
<thead><tr><th scope="col">[[Observation]]</th><th scope="col" class="sum">[[Credited]]</th></tr></thead>
<tbody>${each(rows, row)}
</tbody>
</table>
</details>`;

const ending = (one, policy) => {
  if (policy.outlooks.length) return outlooks(policy);
  return one.next ? "" : `
<p class="over">[[All observations have been made.]]</p>`;
};

const policy = (page, one) => (policy) => `
<section class="policy">
<h3>[[Policy]] <span class="number">${text(policy.number)}</span></h3>${page.alone && !one.next ? "" : figures(page, one, policy)}${policy.rows.length ? latest(policy.rows[0]) : `
<p class="over">[[No observation has been made yet.]]</p>`}${policy.waiting ? `
<p class="waiting">[[Missed coupons wait for the next accrued one:]] <b>${text(policy.waiting)}</b></p>` : ""}${ending(one, policy)}${policy.rows.length ? coupons(policy) : ""}
</section>`;

const series = (page) => (one) => `
<section class="series">
<h2>${text(one.name)}</h2>${each(one.policies, policy(page, one))}${one.part ? `
<div class="slot strategy-slot" data-part="${text(one.part)}" aria-busy="true"></div>` : `
<p class="held">[[The figures of this strategy are being checked. They will be here again soon.]]</p>`}
</section>`;

const stage = (stage, index) => `
<section class="situation"${index ? "" : ' id="answers"'}>
<h2 lang="${text(stage.lang)}">${text(stage.title)}</h2>
<p class="since">${stage.name === stage.title ? "" : `<span lang="${text(stage.lang)}">${text(stage.name)}</span>, `}[[since %(since)s|${text(stage.since)}]]</p>
<div class="slot faq-slot" data-part="${text(stage.part)}" aria-busy="true"></div>
</section>`;

const bank = (bank) => `
<h2>[[Your bank]]</h2>
<address>
<strong>${text(bank.name)}</strong>
<a href="tel:${text(bank.dial)}">${text(bank.phone)}</a>
${bank.hours && `<span>${text(bank.hours)}</span>`}${bank.email && `<a href="mailto:${text(bank.email)}">${text(bank.email)}</a>`}</address>`;

const offer = (part) => `
<div class="slot offer-slot" data-part="${text(part)}" data-offer aria-busy="true"></div>`;

export const render = (page) => `<article class="client" lang="${text(page.lang)}" data-title="${text(page.name)} — ${text(page.site_name)}">
<header class="hello">
<p class="site">${text(page.site_name)}</p>
<h1 tabindex="-1">${text(page.name)}</h1>${page.series.length ? `
<p class="as-of" data-part="${text(page.clock)}"></p>` : ""}${page.stages.length && page.series.length ? `
<nav aria-label="[[On this page]]"><a class="jump" href="#answers">[[Answers about your situation]]</a></nav>` : ""}
</header>${page.totals.length ? totals(page) : ""}${each(page.series, series(page))}${each(page.stages, stage)}${page.series.length || page.stages.length ? "" : `
<p class="nothing">[[There is nothing to show on this page right now. When something concerns you, it will be here.]]</p>`}
<footer class="contacts">${page.bank ? bank(page.bank) : `
<p>${text(page.contacts)}</p>`}
<p class="tools">${page.account_url ? `<a class="button" href="${text(page.account_url)}" rel="noopener noreferrer">[[Personal account]]</a>` : ""}<button type="button" class="button quiet" data-print>[[Print]]</button></p>
</footer>${each(page.offers, offer)}
</article>`;
