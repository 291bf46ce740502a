import type { Entry } from './entry.ts'
import { ISO_4217, USAGE } from './sources.ts'

/** The codes in use of ISO 4217 (2025), without funds, metals and test codes. */
const CURRENCIES = `AED UAE dirham; AFN Afghani; ALL Albanian lek; AMD Armenian dram; AOA Angolan kwanza;
ARS Argentine peso; AUD Australian dollar; AWG Aruban florin; AZN Azerbaijan manat; BAM Bosnian convertible mark;
BBD Barbados dollar; BDT Bangladeshi taka; BGN Bulgarian lev; BHD Bahraini dinar; BIF Burundi franc;
BMD Bermudian dollar; BND Brunei dollar; BOB Boliviano; BRL Brazilian real; BSD Bahamian dollar; BTN Bhutanese ngultrum;
BWP Botswana pula; BYN Belarusian ruble; BZD Belize dollar; CAD Canadian dollar; CDF Congolese franc; CHF Swiss franc;
CLP Chilean peso; CNY Chinese yuan; COP Colombian peso; CRC Costa Rican colon; CUP Cuban peso; CVE Cabo Verde escudo;
CZK Czech koruna; DJF Djibouti franc; DKK Danish krone; DOP Dominican peso; DZD Algerian dinar; EGP Egyptian pound;
ERN Eritrean nakfa; ETB Ethiopian birr; EUR Euro; FJD Fiji dollar; FKP Falkland Islands pound; GBP Pound sterling;
GEL Georgian lari; GHS Ghana cedi; GIP Gibraltar pound; GMD Gambian dalasi; GNF Guinean franc; GTQ Guatemalan quetzal;
GYD Guyana dollar; HKD Hong Kong dollar; HNL Honduran lempira; HTG Haitian gourde; HUF Hungarian forint;
IDR Indonesian rupiah; ILS Israeli new shekel; INR Indian rupee; IQD Iraqi dinar; IRR Iranian rial; ISK Icelandic krona;
JMD Jamaican dollar; JOD Jordanian dinar; JPY Japanese yen; KES Kenyan shilling; KGS Kyrgyz som; KHR Cambodian riel;
KMF Comorian franc; KPW North Korean won; KRW South Korean won; KWD Kuwaiti dinar; KYD Cayman Islands dollar;
KZT Kazakh tenge; LAK Lao kip; LBP Lebanese pound; LKR Sri Lankan rupee; LRD Liberian dollar; LSL Lesotho loti;
LYD Libyan dinar; MAD Moroccan dirham; MDL Moldovan leu; MGA Malagasy ariary; MKD Macedonian denar; MMK Myanmar kyat;
MNT Mongolian tugrik; MOP Macao pataca; MRU Mauritanian ouguiya; MUR Mauritius rupee; MVR Maldivian rufiyaa;
MWK Malawi kwacha; MXN Mexican peso; MYR Malaysian ringgit; MZN Mozambique metical; NAD Namibia dollar;
NGN Nigerian naira; NIO Nicaraguan cordoba; NOK Norwegian krone; NPR Nepalese rupee; NZD New Zealand dollar;
OMR Omani rial; PAB Panamanian balboa; PEN Peruvian sol; PGK Papua New Guinean kina; PHP Philippine peso;
PKR Pakistan rupee; PLN Polish zloty; PYG Paraguayan guarani; QAR Qatari rial; RON Romanian leu; RSD Serbian dinar;
RUB Russian ruble; RWF Rwanda franc; SAR Saudi riyal; SBD Solomon Islands dollar; SCR Seychelles rupee;
SDG Sudanese pound; SEK Swedish krona; SGD Singapore dollar; SHP Saint Helena pound; SLE Sierra Leonean leone;
SOS Somali shilling; SRD Surinamese dollar; SSP South Sudanese pound; STN São Tomé dobra; SVC Salvadoran colon;
SYP Syrian pound; SZL Swazi lilangeni; THB Thai baht; TJS Tajik somoni; TMT Turkmenistan manat; TND Tunisian dinar;
TOP Tongan paʻanga; TRY Turkish lira; TTD Trinidad and Tobago dollar; TWD New Taiwan dollar; TZS Tanzanian shilling;
UAH Ukrainian hryvnia; UGX Ugandan shilling; USD US dollar; UYU Uruguayan peso; UZS Uzbek sum; VED Venezuelan bolívar;
VES Venezuelan bolívar soberano; VND Vietnamese dong; VUV Vanuatu vatu; WST Samoan tala; XAF Central African CFA franc;
XCD East Caribbean dollar; XCG Caribbean guilder; XOF West African CFA franc; XPF CFP franc; YER Yemeni rial;
ZAR South African rand; ZMW Zambian kwacha; ZWG Zimbabwe gold; BTC Bitcoin`

const SIGNS: Readonly<Record<string, string>> = {
  USD: '$, US$',
  EUR: '€',
  GBP: '£',
  JPY: '¥, ￥, JP¥',
  CNY: 'CN¥, 元',
  INR: '₹',
  KRW: '₩',
  RUB: '₽',
  TRY: '₺',
  UAH: '₴',
  ILS: '₪',
  VND: '₫',
  NGN: '₦',
  PHP: '₱',
  THB: '฿',
  CRC: '₡',
  PYG: '₲',
  GHS: '₵',
  KZT: '₸',
  MNT: '₮',
  GEL: '₾',
  AZN: '₼',
  AMD: '֏',
  KHR: '៛',
  BDT: '৳',
  BTC: '₿',
  BRL: 'R$',
  AUD: 'A$, AU$',
  CAD: 'C$, CA$',
  NZD: 'NZ$',
  HKD: 'HK$',
  SGD: 'S$',
  TWD: 'NT$',
  MXN: 'MX$',
  PLN: 'zł',
  CZK: 'Kč',
}

/** Everyday names of currencies, each of one currency only. Its code is what is shown. */
const WORDS: Readonly<Record<string, string>> = {
  USD: 'usd, dollar, dollars, US dollar, US dollars, buck, bucks',
  EUR: 'eur, euro, euros, Euro, Euros',
  GBP: 'gbp, pound sterling, pounds sterling, sterling, quid, British pound, British pounds',
  JPY: 'jpy, yen',
  CNY: 'cny, yuan, renminbi, RMB, rmb',
  INR: 'inr, rupee, rupees, Rs, Indian rupee, Indian rupees',
  CHF: 'chf, Swiss franc, Swiss francs, swiss francs',
  AUD: 'aud, Australian dollar, Australian dollars',
  CAD: 'cad, Canadian dollar, Canadian dollars',
  NZD: 'nzd, New Zealand dollar, New Zealand dollars',
  SEK: 'sek, Swedish krona, Swedish kronor',
  NOK: 'nok, Norwegian krone, Norwegian kroner',
  DKK: 'dkk, Danish krone, Danish kroner',
  BRL: 'brl, reais',
  MXN: 'mxn, Mexican peso, Mexican pesos',
  ZAR: 'zar, rand',
  RUB: 'rub, ruble, rubles, rouble, roubles',
  PLN: 'pln, zl, zloty, zlotys, złoty',
  CZK: 'czk, koruna',
  HUF: 'huf, forint, forints',
  UAH: 'uah, hryvnia',
  SGD: 'sgd, Singapore dollar, Singapore dollars',
  HKD: 'hkd, Hong Kong dollar, Hong Kong dollars',
  KRW: 'krw, won',
  IDR: 'idr, rupiah',
  MYR: 'myr, ringgit',
  VND: 'vnd, dong',
  TRY: 'lira, liras, Turkish lira',
  THB: 'thb, baht',
  ILS: 'shekel, shekels',
  BTC: 'btc, bitcoin, bitcoins',
}

export const MONEY: readonly Entry[] = [
  ...CURRENCIES.split(';').map((line): Entry => {
    const [, code = '', name = ''] = /^\s*(\w+)\s+([\s\S]+?)\s*$/.exec(line) ?? []
    const signs = [SIGNS[code], WORDS[code]].filter((list) => list !== undefined).join(', ')
    return {
      symbols: code,
      ...(signs !== '' && { signs }),
      is: { currency: code },
      about: `A currency: ${name.replace(/\s+/g, ' ')}.`,
      source: code === 'BTC' ? USAGE : ISO_4217,
    }
  }),
  { names: '¢, cent, cents', is: '0.01 USD', about: 'A US cent.', source: USAGE },
  { names: 'penny, pence', is: '0.01 GBP', about: 'A British penny.', source: USAGE },
]
