"""Spanish of Spain."""

from __future__ import annotations

from serving_layer.web.words.pages_es import ALARMS, CAUSES, METHODS, PAGES, STEPS
from serving_layer.web.words.sharing_es import SHARING
from serving_layer.web.words.words import Words

ES = Words(
    locale="es",
    name="Español",
    moment_pattern="EEE d MMM, HH:mm",
    day_pattern="EEE d",
    units_of_time=("s", "min", "h", "días"),
    installation="Instalación",
    other_language="Idioma",
    loading="Cargando …",
    curve_of="Magnitud de la curva",
    live="En directo, medido hace {age}",
    silent=", {silent} de {homes} sin datos",
    stale="Última lectura hace {age}",
    unread="Aún sin lecturas",
    lost="Sin respuesta desde hace {seconds} s",
    lost_since="Lo que ves es de las {time}. Seguirá solo cuando el servidor responda.",
    producing="Producción ahora",
    charge="al {percent} %",
    produced_today="Producido hoy",
    of_capacity="{percent} % de {capacity} kW",
    no_power="sin lecturas en los últimos 5 min",
    own_share="{percent} % de sol propio",
    energy_of="Energía",
    energies={
        "generation": "Producida",
        "consumption": "Consumida",
        "self_consumption": "Autoconsumida",
        "import": "Tomada de la red",
        "export": "Vertida a la red",
        "charge": "Cargada en baterías",
        "discharge": "Descargada de baterías",
    },
    tags={"published": "publicado", "live": "en directo", "part": "en parte en directo"},
    no_reading="sin lecturas",
    ago="hace {age}",
    unpublished="Aún no se ha publicado ninguna noche: todo lo que ves es en directo y provisional.",
    published_to="Publicado hasta el {moment} (cálculo {run}); desde ahí, en directo.",
    times_of="Las horas son las de {zone}.",
    none_registered="Aún no hay ninguna instalación. `solera register FILE` añade una; aparecerá aquí sola.",
    now="ahora",
    published="Publicado",
    provisional="En directo, provisional",
    forecast="Previsión",
    band="8 de cada 10 veces",
    known="Conocido",
    prices="Lo que cuesta la energía",
    market_of="Mercado de los precios",
    markets={"pvpc": "Hogar (PVPC)", "spot": "Mayorista"},
    price_now="Ahora",
    cheapest="Las tres horas más baratas, desde el",
    as_forecast="según la previsión",
    no_price_forecast="Precios publicados; aún sin previsión.",
    price_record="Previsión: {model}, con un error medio de {mae} en los últimos {days} días",
    price_naive="; la misma hora del día anterior, de {mae}",
    token="Clave",  # noqa: S106 - a word
    log_in="Entrar",
    token_place="O con una clave: la de Solera está en el archivo <code>token</code> de su carpeta.",  # noqa: S106 - a sentence
    name_asked="Nombre",
    password="Contraseña",  # noqa: S106 - a word
    by_token="Entrar con la clave",  # noqa: S106 - words
    not_let_in="Ese nombre y esa contraseña, o esa clave, no abren esto.",
    too_often="Demasiados intentos equivocados; espera un momento.",
    pages=PAGES | SHARING,
    methods=METHODS,
    causes=CAUSES,
    alarms=ALARMS,
    steps=STEPS,
)
