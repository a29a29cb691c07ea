export { type Books, booksOf } from '../books/books.ts';
