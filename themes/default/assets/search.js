// Search in a list of questions: <div data-search> around <details class="question">.
//
// The wrapper holds a hidden <… data-search-form> with a labelled <input type="search">; where it
// has none, one is made with the label data-label. Its texts for the number found: data-found-one,
// -few, -many, -other with {n} (the forms of the language), and data-none.
//
// A plain page runs it by itself; the loader's event 'sealpress' tells of content that came later.
(() => {
  const plain = text => text.toLowerCase().replace(/ё/g, 'е');

  const found = ({ dataset }, count, lang) => {
    const form = new Intl.PluralRules(lang).select(count);
    const name = 'found' + form[0].toUpperCase() + form.slice(1);
    const text = count ? dataset[name] || dataset.foundOther || '{n}' : dataset.none || '0';
    return text.replace('{n}', count);
  };

  const makeForm = wrapper => {
    const form = document.createElement('div');
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'search';
    form.dataset.searchForm = '';
    label.append(wrapper.dataset.label || '', ' ', input);
    form.append(label);
    wrapper.prepend(form);
    return form;
  };

  const enhance = wrapper => {
    if (wrapper.sealpressSearch) return;
    wrapper.sealpressSearch = true;
    const form = wrapper.querySelector('[data-search-form]') || makeForm(wrapper);
    const input = form.querySelector('input');
    const status = document.createElement('p');
    const questions = [...wrapper.querySelectorAll('details.question')]
      .map(element => ({ element, text: plain(element.textContent) }));
    const lang = wrapper.closest('[lang]').lang;

    const filter = () => {
      const words = plain(input.value).split(/\s+/).filter(Boolean);
      let count = 0;
      for (const { element, text } of questions) {
        const fits = words.every(word => text.includes(word));
        element.hidden = !fits;
        count += fits;
      }
      status.textContent = words.length ? found(wrapper, count, lang) : '';
    };

    status.setAttribute('role', 'status');
    status.className = 'search-found';
    form.append(status);
    form.hidden = false;
    form.addEventListener('submit', event => event.preventDefault());
    input.addEventListener('input', filter);
    input.addEventListener('keydown', event => {
      if (event.key != 'Escape') return;
      input.value = '';
      filter();
    });
  };

  const enhanceAll = () => document.querySelectorAll('[data-search]').forEach(enhance);

  document.addEventListener('sealpress', enhanceAll);
  enhanceAll();
})();
